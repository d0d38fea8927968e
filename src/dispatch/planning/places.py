"""Distinct places of a day, as rows of the travel matrices."""

from dispatch.domain.travel import Spot
from dispatch.planning.inputs import Person


class Places:
    """Numbers spots as they come; spots that are the same place share a number."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.spots: list[Spot] = []
        self._known: dict[tuple[object, ...], str] = {}

    def of(self, spot: Spot) -> str:
        """The name of a spot's place."""
        # Any point of a building stands for it: the first that came is taken.
        key = (
            (spot.building, spot.storeys)
            if spot.building is not None
            else (spot.latitude, spot.longitude, spot.storeys)
        )
        if key not in self._known:
            self._known[key] = f"p{len(self.names)}"
            self.names.append(self._known[key])
            self.spots.append(spot)
        return self._known[key]

    def of_person(self, person: Person) -> tuple[str | None, str | None]:
        """Where a person's day begins (or goes on from) and where it ends: the home base."""
        technician = person.technician
        home = None
        if technician.home_latitude is not None and technician.home_longitude is not None:
            home = self.of(Spot(technician.home_latitude, technician.home_longitude))
        return (self.of(person.at) if person.at is not None else home), home

"""The shipped policies: each is one, and differs where its kind of site does."""

from __future__ import annotations

import re
from datetime import time
from pathlib import Path

import pytest

from dispatch.domain.places import SiteKind
from dispatch.domain.policies import Policy, policy_document
from dispatch.domain.policies.profiles import PROFILE_OF_KIND, PolicyProfile
from dispatch.domain.policies.soundness import Hours, SiteFacts, check_policy
from dispatch.services.policy_profiles import shipped_policies
from dispatch.texts import LANGUAGES
from dispatch.texts.policies import policy_page

ROUND_THE_CLOCK = SiteFacts(shifts=[Hours(time(0), time(0))])
HOUR = 3600


def policy(profile: PolicyProfile) -> Policy:
    return check_policy(shipped_policies()[profile].document, ROUND_THE_CLOCK)


@pytest.mark.parametrize("profile", PolicyProfile)
def test_a_shipped_policy_is_valid_and_says_what_it_is_for(profile: PolicyProfile) -> None:
    shipped = shipped_policies()[profile]
    assert set(shipped.name) == set(shipped.about) == {"zh", "en"}
    assert re.search("[\u4e00-\u9fff]", shipped.name["zh"] + shipped.about["zh"])
    found = policy(profile)
    assert check_policy(policy_document(found), ROUND_THE_CLOCK) == found
    for language in LANGUAGES:
        for section in policy_page(found, language):
            assert all(each.text for each in section.sentences)


@pytest.mark.parametrize("profile", PolicyProfile)
def test_a_shipped_policy_says_nothing_that_is_the_default_anyway(profile: PolicyProfile) -> None:
    default = policy_document(Policy())
    for name, value in shipped_policies()[profile].document.items():
        assert policy_document(policy(profile))[name] != default[name], (name, value)


def test_every_kind_of_site_has_a_policy_and_each_of_them_tells_why() -> None:
    assert set(PROFILE_OF_KIND) == set(SiteKind)
    assert set(PROFILE_OF_KIND.values()) == set(PolicyProfile)
    folder = Path(__file__).resolve().parents[2] / "src" / "dispatch" / "data" / "policies"
    for file in folder.glob("*.toml"):
        assert file.stem.upper() in set(PolicyProfile)
        assert file.read_text("utf-8").startswith("# ")
    documents = [str(each.document) for each in shipped_policies().values()]
    assert len(set(documents)) == len(PolicyProfile)


@pytest.mark.rule("SLA-1", "TRI-2")
def test_a_hospital_handles_everything_within_the_hour_and_leaves_wards_in_peace() -> None:
    hospital = policy(PolicyProfile.HOSPITAL)
    assert max(hospital.clocks.resolve_s.values()) <= HOUR
    assert max(hospital.answer_within_s.values()) <= HOUR
    assert set(hospital.danger_words) > set(Policy().danger_words)
    assert not [each for each in hospital.slot_windows if each.starts < time(14) < each.ends]
    assert hospital.privacy.address_kept_s < Policy().privacy.address_kept_s
    assert not hospital.callbacks.links
    assert hospital.opening.country is None


@pytest.mark.rule("INT-10", "SLA-2")
def test_schools_and_companies_check_reports_and_count_business_hours() -> None:
    school, company = policy(PolicyProfile.SCHOOL), policy(PolicyProfile.COMPANY)
    assert school.intake.check_by_department
    assert school.intake.check_by_logistics
    assert company.intake.check_by_department
    assert not company.intake.check_by_logistics
    for each in (school, company):
        assert each.clocks.business_hours
        assert each.opening.country == "CN"
    assert len(school.opening.seasons) == 2
    assert school.duty.direct
    assert not company.duty.direct


def test_estates_keep_the_defaults_and_hotels_are_fast_at_any_hour() -> None:
    assert policy(PolicyProfile.ESTATE) == Policy()
    hotel = policy(PolicyProfile.HOTEL)
    assert hotel.opening.hours[0].weekdays == tuple(range(7))
    assert hotel.clocks.arrive_s["NORMAL"] == 20 * 60
    assert hotel.privacy.address_kept_s == 0

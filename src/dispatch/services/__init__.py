"""What people do, one function each: load rows, ask the domain, write rows and events.

Every function here takes a `Tx` first and runs inside the one transaction that
`Services.perform` opened for it; several can be composed in one `Tx`.
"""

from dispatch.services.action import FOLLOWERS as _FOLLOWERS
from dispatch.services.deadlines import FOLLOWING as _FOLLOWING

_FOLLOWERS.update(_FOLLOWING)

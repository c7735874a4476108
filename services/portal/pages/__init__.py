"""The portal's rooms."""

from services.portal.pages import (
    apply,
    check,
    desk,
    desk_case,
    guide,
    home,
    login,
    my_case,
    my_cases,
    my_data,
    ops,
    ops_letters,
    ops_traces,
    places,
    problems,
    search,
    switches,
)

routers = (
    home.router,
    search.router,
    places.router,
    guide.router,
    apply.router,
    check.router,
    my_cases.router,
    my_case.router,
    my_data.router,
    desk.router,
    desk_case.router,
    ops.router,
    ops_letters.router,
    ops_traces.router,
    login.router,
    switches.router,
    problems.router,
)

__all__ = ["routers"]

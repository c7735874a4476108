"""What comes next, in plain words."""

from services.cases.domain import Case, Status
from services.cases.queries.views import NextView
from shared.web import Text

_NEXT: dict[Status, tuple[str, Text]] = {
    Status.DRAFT: ("applicant", Text("填好后请提交申请。", "Finish the form and submit it.")),
    Status.SUBMITTED: (
        "department",
        Text(
            "部门正在核对材料，到期未答复即视为受理。",
            "The department checks it; no answer by then is a yes.",
        ),
    ),
    Status.CORRECTING: (
        "applicant",
        Text(
            "请按补正通知补充材料，补正时间不计入办理期限。",
            "Supply what the notice asks for; no clock runs.",
        ),
    ),
    Status.ACCEPTED: ("department", Text("部门正在办理。", "The department is deciding.")),
    Status.SUSPENDED: (
        "department",
        Text("正在进行特别程序，办理期限暂停计算。", "A special procedure runs; the clock stands."),
    ),
    Status.DECIDED: (
        "department",
        Text("已作出决定，即将送达。", "It is decided and will be delivered."),
    ),
    Status.DELIVERED: ("nobody", Text("已办结并送达。", "It is finished and delivered.")),
    Status.REFUSED: (
        "nobody",
        Text("不予受理，请看理由和救济途径。", "Not accepted; see why and what you can do."),
    ),
    Status.WITHDRAWN: ("nobody", Text("已撤回。", "It was withdrawn.")),
}


def next_of(case: Case, language: str) -> NextView:
    """Who has the case, what for and until when."""
    who, text = _NEXT[case.status]
    return NextView(who=who, text=text.say(language), until=case.due_on)

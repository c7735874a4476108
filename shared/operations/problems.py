"""What the operators' API refuses, and why."""

from shared.events import (
    DeadLetterBehind,
    DeadLetterBroken,
    DeadLetterGone,
    DeadLetterRetried,
    DeadLetterUnusable,
)
from shared.web import Problem, Text
from shared.web.problems import Conflict, NotFound


class NoDeadLetter(NotFound):
    """It is handled or discarded by now, or there never was one."""

    slug = "dead-letter-not-found"
    title = Text("没有这封死信", "There is no such dead letter")
    remedy = Text("重新列出死信", "List the dead letters anew")


class DeadLetterStands(Conflict):
    """The dead letter cannot be decided so now."""

    slug = "dead-letter-undecidable"
    title = Text("这封死信现在不能这样处理", "This cannot be decided on the dead letter now")
    remedy = Text("按说明处理后再试", "Do as the detail says, then try again")


_WORDS: dict[type[DeadLetterUnusable], Text] = {
    DeadLetterRetried: Text(
        "它已经被安排重试，请等结果。", "It is being tried again: wait for the result."
    ),
    DeadLetterBehind: Text(
        "同一对象还有更早的事件没处理完，请先处理那一个。",
        "An earlier event of its subject is parked: decide that first.",
    ),
    DeadLetterBroken: Text(
        "它的内容不是事件，重试也没用，只能放弃。",
        "It still is no event, so that a replay cannot help: discard it.",
    ),
}


def problem_of(unusable: DeadLetterUnusable) -> Problem:
    """Why it cannot be decided, as a problem of the API."""
    if isinstance(unusable, DeadLetterGone):
        return NoDeadLetter(
            Text(
                "它可能刚刚处理成功，或者被别人放弃了。",
                "It may have been handled just now, or somebody discarded it.",
            )
        )
    return DeadLetterStands(_WORDS.get(type(unusable), Text(str(unusable), str(unusable))))

"""The words of the operators' room: services, states, concerns, and why an event is parked."""

from services.portal.domain.judgement import OLD_SECONDS, VERY_OLD_SECONDS, Concern
from services.portal.pages.words import N_

SERVICE = {
    "identity": N_("身份认证"),
    "catalogue": N_("事项库"),
    "cases": N_("办件服务"),
    "exchange": N_("数据共享"),
    "portal": N_("门户"),
    "traces": N_("运行轨迹"),
}
STATE = {"ready": N_("正常"), "unready": N_("未就绪"), "down": N_("连不上")}
STATE_TONE = {"ready": "good", "unready": "bad", "down": "bad"}

# What it is, what it means for people, and what to do.
CONCERN = {
    Concern.DOWN: (
        N_("服务连不上"),
        N_("它的页面和接口会说明暂不可用，其他部分照常。没有确认的内容，办事人重试即可。"),
        N_("看它的日志和进程；进程会自动重启。数据不会因此丢失。"),
    ),
    Concern.UNREADY: (
        N_("服务未就绪"),
        N_("它的数据库连不上、没有空间，或者数据库结构和程序版本不一致。"),
        N_("先看数据库和磁盘；刚升级过的，运行这个服务的 migrate。"),
    ),
    Concern.SILENT: (
        N_("没有报告运行数据"),
        N_("服务在应答，但这一次没有取到它的队列和死信。"),
        N_("刷新再看；一直这样，核对运维令牌和服务版本。"),
    ),
    Concern.REFUSED_EVENTS: (
        N_("有事件被总线拒收"),
        N_("这些事件留在发件箱里，同一对象后面的事件也在等，别的服务看不到它们。"),
        N_("看日志里的拒收原因（多半是事件过大或主题设置不对），改好后重启这个服务。"),
    ),
    Concern.OLD_EVENTS: (
        N_("事件发不出去"),
        N_("办事照常，事件先存在发件箱里，不会丢；别的服务会晚一些知道。"),
        N_("看事件总线和磁盘是否正常；恢复后会自动补发。"),
    ),
    Concern.DEAD_LETTERS: (
        N_("有死信等人决定"),
        N_("这些事件多次处理不成功。同一对象后面的事件在排队，其他的照常。"),
        N_("打开死信看原因，修好后重试；确实不要的，写明原因放弃。"),
    ),
    Concern.BUS_AWAY: (
        N_("读不到事件总线"),
        N_("这一组消费者暂时收不到新事件，恢复后会从断点接着读。"),
        N_("看事件总线是否正常，再看这个服务的日志。"),
    ),
    Concern.LAG: (
        N_("事件处理不过来"),
        N_("消费者落后较多，别处看到的状态会晚一些。"),
        N_("过几分钟再看：在减少就等它；一直增加，加一个实例，或查慢在哪里。"),
    ),
    Concern.FAILING: (
        N_("刚刚出过错"),
        N_("消费者刚刚遇到数据库或事件总线的错误，正在自己重试。"),
        N_("过一分钟再看；还在出错，看这个服务的日志。"),
    ),
    Concern.RETRYING: (
        N_("有事件正在自动重试"),
        N_("这些事件处理没成功，系统正隔一会儿再试，试不成才会成为死信。"),
        N_("一般不用管；数量一直增加，看最近改了什么。"),
    ),
}

# The page of the handbook (docs/) that tells more: mostly that of the alarm.
HANDBOOK = {
    Concern.DOWN: "alarms/service-down.md",
    Concern.UNREADY: "alarms/service-not-ready.md",
    Concern.SILENT: "operations.md",
    Concern.REFUSED_EVENTS: "alarms/event-refused.md",
    Concern.OLD_EVENTS: "alarms/events-do-not-leave.md",
    Concern.DEAD_LETTERS: "alarms/dead-letters.md",
    Concern.BUS_AWAY: "alarms/consumer-keeps-failing.md",
    Concern.LAG: "alarms/consumer-falls-behind.md",
    Concern.FAILING: "alarms/consumer-keeps-failing.md",
    Concern.RETRYING: "alarms/events-parked.md",
}

DECISION = {"replay": N_("重试"), "discard": N_("放弃")}
# Why an event is parked: in one word, what it means, and what a replay does then.
PARKED = {
    "failed": (
        N_("处理失败"),
        N_("收到事件的程序试了多次都没有处理成功。原因见下面的错误。"),
        N_("先修好原因再重试：从头再处理一次，成功只生效一次，后面的接着处理。"),
    ),
    "gap": (
        N_("前面缺事件"),
        N_("同一对象前面的事件一直没有到，为了不乱序，它和后面的都在等。"),
        N_("重试表示不再等缺的事件：缺的如果以后到了，不会再处理。"),
    ),
    "broken": (
        N_("内容读不懂"),
        N_("这不是一个合格的事件，多半是发送方或传输出了错。"),
        N_("升级到能读懂它的版本以后才能重试，否则只能放弃。"),
    ),
    "behind": (
        N_("在后面排队"),
        N_("同一对象更早的事件还没有处理完。"),
        N_("先处理更早的那一个。"),
    ),
}
PARKED_TONE = {"failed": "bad", "gap": "warn", "broken": "bad", "behind": "quiet"}


def age_tone(seconds: float) -> str:
    """The colour of an age: the same bounds as for what is said of it."""
    return "bad" if seconds > VERY_OLD_SECONDS else "warn" if seconds > OLD_SECONDS else "good"

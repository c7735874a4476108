"""The refusals that only the gateway makes.

Problem
├── PathRefused 400              ├── HeadersTooLarge 431
├── RequestTimeout 408           └── UpgradeRefused 501
"""

from shared.web.problems import Problem, Text


class PathRefused(Problem):
    """The path could mean different things to different readers."""

    status, slug = 400, "path-refused"
    title = Text("地址写法不被接受", "The path is not accepted")
    remedy = Text(
        "去掉 ..、//、反斜线和编码的斜线后再发", "Send it without .., //, backslashes or %2F"
    )


class RequestTimeout(Problem):
    """The request came too slowly."""

    status, slug = 408, "request-timeout"
    title = Text("请求发送过慢", "The request came too slowly")
    remedy = Text("检查网络后重发", "Check the network and send it again")


class HeadersTooLarge(Problem):
    """The headers are longer than anybody needs."""

    status, slug = 431, "headers-too-large"
    title = Text("请求头太大", "The request's headers are too large")
    remedy = Text("减少请求头或 Cookie", "Send fewer headers or cookies")


class UpgradeRefused(Problem):
    """WebSocket is not offered."""

    status, slug = 501, "upgrade-refused"
    title = Text("不提供 WebSocket", "WebSocket is not offered")
    remedy = Text("使用普通的 HTTP 请求", "Use plain HTTP requests")

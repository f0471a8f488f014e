"""How one load balancer answers a request: the rule that it meets, the target group by weight or cookie, the target, and its pod."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from typing import Any

from rehearsal.kubernetes.routing import Routing
from rehearsal.traffic import stickiness
from rehearsal.traffic.matching import meets
from rehearsal.traffic.messages import Request, Response
from rehearsal.traffic.metrics import Meter
from rehearsal.traffic.pods import Answering
from rehearsal.traffic.targets import TargetGroup

SERVER = "awselb/2.0"
IDLE_SECONDS = 60.0


@dataclass(frozen=True)
class Served:
    """A load balancer as its controller describes it. `arns` of target groups by resource; `certificates` by port: the names of each."""

    cluster: str
    name: str
    arn: str
    dns_name: str
    type: str
    account: str
    region: str
    routing: Routing
    arns: Mapping[str, str]
    certificates: Mapping[int, Sequence[Sequence[str]]] = field(default_factory=dict)
    idle_timeout: float = IDLE_SECONDS


class Balancer:
    """Lives in the event loop. `groups` by ARN, shared with other load balancers; `pods` of its cluster by UID."""

    def __init__(self, served: Served, groups: Mapping[str, TargetGroup], pods: Mapping[str, Answering], meter: Meter) -> None:
        self.served, self._groups, self._pods, self._meter = served, groups, pods, meter
        self._credit: dict[tuple[str, ...], dict[str, float]] = {}

    async def respond(self, port: int, request: Request) -> Response:
        """The response on the listener of a port."""
        listener = next((each for each in self.served.routing.listeners if each.port == port), None)
        if listener is None:
            return own(502)
        action = next((rule.action for rule in listener.rules if meets(rule.conditions, request)), listener.default)
        if self.served.type == "network":
            return await self._connect(action, request)
        self._meter.requested(self.served)
        response = await self._do(action, listener.protocol, port, request)
        self._meter.responded(self.served, response.status, by_balancer=is_own(response))
        return response

    async def _do(self, action: Mapping[str, Any], protocol: str, port: int, request: Request) -> Response:
        if action["Type"] == "redirect":
            return redirect(action["RedirectConfig"], protocol, port, request)
        if action["Type"] == "fixed-response":
            config = action["FixedResponseConfig"]
            body = str(config.get("MessageBody") or "").encode()
            return own(int(config["StatusCode"]), body, str(config.get("ContentType") or "text/plain"))
        if action["Type"] == "forward":
            return await self._forward(action["ForwardConfig"], request)
        return own(500)  # authenticating actions need an identity provider

    async def _connect(self, action: Mapping[str, Any], request: Request) -> Response:
        """A network load balancer passes bytes on: without a target that accepts, the connection is reset."""
        group = self._groups.get(self._arn(action["ForwardConfig"]["TargetGroups"][0]))
        now = asyncio.get_running_loop().time()
        target = group.next(now) if group else None
        pod = self._pods.get(target.uid) if target else None
        if pod is None or not pod.accepts(now):
            return Response(502, drop=True)
        response = await self._ask(pod, request)
        return response or Response(502, drop=True)

    async def _forward(self, config: Mapping[str, Any], request: Request) -> Response:
        sent, today = request.cookies, time.time()
        choices = {self._arn(entry): int(entry.get("Weight", 1)) for entry in config["TargetGroups"]}
        of_groups = config.get("TargetGroupStickinessConfig") or {}
        remembered = stickiness.read(sent, stickiness.GROUP, today).get("group", "") if of_groups.get("Enabled") else ""
        arn = remembered if remembered in choices else self._by_weight(choices)
        group = self._groups.get(arn)
        if group is None:
            return own(503)
        set_cookies: list[tuple[str, str]] = []
        if of_groups.get("Enabled") and len(choices) > 1:
            seconds = float(of_groups.get("DurationSeconds") or 3600)
            set_cookies += stickiness.cookies(stickiness.GROUP, {"group": arn}, seconds, today)
        attributes = group.group.attributes
        sticky = attributes.get("stickiness.enabled") == "true" and attributes.get("stickiness.type", "lb_cookie") == "lb_cookie"
        preferred = stickiness.read(sent, stickiness.TARGET, today) if sticky else {}
        before = asyncio.get_running_loop().time()
        target = group.next(before, preferred.get("target", "") if preferred.get("group") == arn else "")
        if target is None:
            return own(503)
        self._meter.requested(self.served, arn)
        pod = self._pods.get(target.uid)
        response = await self._ask(pod, request) if pod and pod.accepts(before) else None
        if response is None:
            return own(502)
        if is_own(response):
            return response
        self._meter.answered(self.served, arn, response.status, asyncio.get_running_loop().time() - before)
        if sticky:
            seconds = float(attributes.get("stickiness.lb_cookie.duration_seconds", stickiness.DAY))
            set_cookies += stickiness.cookies(stickiness.TARGET, {"group": arn, "target": target.key}, seconds, today)
        return Response(response.status, response.body, response.content_type, (*response.headers, *set_cookies))

    async def _ask(self, pod: Answering, request: Request) -> Response | None:
        """The pod's response; None if it ended before, and a timeout if it takes longer than the load balancer waits."""
        loop = asyncio.get_running_loop()
        status = pod.next_status(request.path)
        if pod.latency:
            await asyncio.sleep(min(pod.latency, self.served.idle_timeout))
            present = self._pods.get(pod.uid)
            if pod.latency > self.served.idle_timeout:
                return own(504)
            if present is not None and not present.works(loop.time()):
                return None
        body, content_type = pod.content(request, status)
        return Response(status, body, content_type, (("Date", formatdate(usegmt=True)), ("X-Version", pod.version)))

    def _by_weight(self, choices: Mapping[str, int]) -> str:
        """Smooth weighted round robin: with weights 90 and 10, every tenth request goes to the second group, not ten in a row."""
        total = sum(choices.values())
        if total == 0:
            return ""
        credit = self._credit.setdefault(tuple(sorted(choices)), {})
        for arn, weight in choices.items():
            credit[arn] = credit.get(arn, 0.0) + weight
        best = max((arn for arn, weight in choices.items() if weight), key=lambda arn: credit[arn])
        credit[best] -= total
        return best

    def _arn(self, entry: Mapping[str, Any]) -> str:
        return str(entry.get("TargetGroupArn") or self.served.arns.get(str(entry.get("Resource")), ""))


def redirect(config: Mapping[str, Any], protocol: str, port: int, request: Request) -> Response:
    """The response of a redirect action; absent parts keep those of the request."""
    parts = {
        "protocol": protocol.lower(),
        "host": request.host,
        "port": str(port),
        "path": request.path.lstrip("/"),
        "query": request.query,
    }

    def filled(name: str, default: str) -> str:
        text = str(config.get(name) or default)
        for part, value in parts.items():
            text = text.replace(f"#{{{part}}}", value)
        return text

    query = filled("Query", "#{query}")
    where = f"{filled('Host', '#{host}')}:{filled('Port', '#{port}')}{filled('Path', '/#{path}')}"
    location = f"{filled('Protocol', '#{protocol}').lower()}://{where}{'?' if query else ''}{query}"
    status = int(str(config["StatusCode"]).removeprefix("HTTP_"))
    answer = own(status)
    return Response(status, answer.body, answer.content_type, (*answer.headers, ("Location", location)))


def is_own(response: Response) -> bool:
    return ("Server", SERVER) in response.headers


def own(status: int, body: bytes | None = None, content_type: str = "text/html") -> Response:
    """A response that the load balancer itself generates."""
    if body is None:
        title = f"{status} {HTTPStatus(status).phrase}"
        page = ["<html>", f"<head><title>{title}</title></head>", "<body>", f"<center><h1>{title}</h1></center>", "</body>", "</html>", ""]
        body = "\r\n".join(page).encode()
    return Response(status, body, content_type, (("Server", SERVER), ("Date", formatdate(usegmt=True))))

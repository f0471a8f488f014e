"""Opens one page and writes what became of it: a picture, and a JSON document on standard output. visit.py starts it.

It runs in a process of its own, with the browser's packages on its path: Chromium wants the main thread, and ends with the process.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any, override

from PyQt6.QtCore import QTimer, QUrl
from PyQt6.QtNetwork import QNetworkProxy, QSslCertificate, QSslConfiguration
from PyQt6.QtWebEngineCore import QWebEngineCertificateError, QWebEnginePage, QWebEngineProfile
from PyQt6.QtWebEngineWidgets import QWebEngineView
from PyQt6.QtWidgets import QApplication

POLL = 50
"""Milliseconds between two looks at the page."""

PAINTED = "requestAnimationFrame(() => requestAnimationFrame(() => { window.mainstayPainted = true; }))"
SEEN = """({
    url: location.href,
    title: document.title,
    text: document.body ? document.body.innerText : "",
    html: document.documentElement.outerHTML,
    replies: [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
        .map(one => [one.name, one.responseStatus]),
})"""


class Page(QWebEnginePage):
    """Keeps what a developer would read in the console: errors of scripts, and what a security policy has blocked."""

    def __init__(self, profile: QWebEngineProfile) -> None:
        super().__init__(profile)
        self.kept = profile  # Qt does not keep it for its pages
        self.console: list[str] = []
        self.certificateError.connect(self._judge)

    @override
    def javaScriptConsoleMessage(self, _level: Any, message: str | None, line: int, source: str | None) -> None:
        self.console.append(f"{source}:{line}: {message}")

    def _judge(self, error: QWebEngineCertificateError) -> None:
        """Chromium does not know the additional authority. Accept its certificates if they are in order for the host, and no others."""
        host, unknown = error.url().host(), error.type() == QWebEngineCertificateError.Type.CertificateAuthorityInvalid
        wrong = QSslCertificate.verify(error.certificateChain(), host) if unknown else []
        if unknown and not wrong:
            error.acceptCertificate()
            return
        self.console.append(f"{host}: {'; '.join([error.description(), *(one.errorString() for one in wrong)])}")
        error.rejectCertificate()


def trust(authority: str) -> None:
    """Make the certificates of this file the authorities by which QSslCertificate.verify judges."""
    configuration = QSslConfiguration.defaultConfiguration()
    configuration.setCaCertificates(QSslCertificate.fromPath(authority) if authority else [])
    QSslConfiguration.setDefaultConfiguration(configuration)


class Opening:
    """A page until it is ready and painted, or until its time is over."""

    def __init__(self, application: QApplication, page: Page, wanted: dict[str, Any]) -> None:
        self.application, self.page, self.wanted = application, page, wanted
        self.seen: dict[str, Any] = {}
        self.view = QWebEngineView()
        self.view.setPage(page)
        self.view.resize(wanted["width"], wanted["height"])
        self.view.show()
        QTimer.singleShot(int(wanted["seconds"] * 1000), lambda: self._finish("late"))
        page.loadFinished.connect(self._loaded)
        page.load(QUrl(wanted["url"]))

    def _loaded(self, loaded: bool) -> None:
        self.page.loadFinished.disconnect(self._loaded)
        if loaded:
            self._until(self.wanted["ready"], self._paint)
        else:
            self._finish("unreachable")

    def _until(self, condition: str, then: Callable[[], None]) -> None:
        """``condition``: JavaScript, evaluated again until it is true."""

        def judge(met: Any) -> None:
            if met is True:
                then()
            else:
                QTimer.singleShot(POLL, lambda: self.page.runJavaScript(condition, judge))

        self.page.runJavaScript(condition, judge)

    def _paint(self) -> None:
        self.page.runJavaScript(PAINTED)
        self._until("window.mainstayPainted === true", self._steady)

    def _steady(self) -> None:
        """What the page has painted reaches the picture a little later: the picture is taken when two in a row are the same."""
        image = self.view.grab().toImage()
        if self.seen.get("image") == image:
            self._finish("ready")
        else:
            self.seen["image"] = image
            QTimer.singleShot(4 * POLL, self._steady)

    def _finish(self, outcome: str) -> None:
        """``outcome``: ready, late, or unreachable. What the page shows in the latter cases says why."""

        def write(found: Any) -> None:
            saved = self.view.grab().save(self.wanted["picture"], "PNG")
            report = {**(found or {}), "outcome": outcome, "picture": saved, "console": self.page.console}
            sys.stdout.write(json.dumps(report) + "\n")
            sys.stdout.flush()
            # Without Qt's own ending: it would wait for Chromium's processes, which end with this one.
            os._exit(0)

        self.page.runJavaScript(SEEN, write)


def main(wanted: dict[str, Any]) -> int:
    application = QApplication([sys.argv[0]])
    if wanted["proxy"]:
        at = QUrl(wanted["proxy"])
        QNetworkProxy.setApplicationProxy(QNetworkProxy(QNetworkProxy.ProxyType.HttpProxy, at.host(), at.port()))
    trust(wanted["authority"])
    # A profile without a name keeps nothing.
    opening = Opening(application, Page(QWebEngineProfile()), wanted)
    return opening.application.exec()


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))

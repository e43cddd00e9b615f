"""PDF rendering: what comes out, and that a bad document hurts nobody but itself."""

import fcntl
import http.server
import re
import subprocess
import threading
from pathlib import Path

import pytest
from django.conf import settings

from core.pdf import LOCK_FILE, PdfFailed, pdf_render

HEAD = (
    '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>试验</title>'
    '<style>@page{size:A4}body{font-family:"Noto Sans CJK SC"}</style></head>'
)
SMALL = f"{HEAD}<body><p>综合技术保障周报，响应及时率 98.4%</p></body></html>"


def poppler(tool: str, pdf: bytes, tmp_path: Path, *options: str) -> str:
    path = tmp_path / "document.pdf"
    path.write_bytes(pdf)
    output = ["-"] if tool == "pdftotext" else []
    return subprocess.run([tool, *options, str(path), *output], check=True, capture_output=True, text=True).stdout


def test_chinese_text_comes_out_with_embedded_glyphs_on_a4(tmp_path: Path) -> None:
    pdf = pdf_render(SMALL)
    assert "综合技术保障周报，响应及时率 98.4%" in poppler("pdftotext", pdf, tmp_path)
    assert "(A4)" in poppler("pdfinfo", pdf, tmp_path)
    fonts = poppler("pdffonts", pdf, tmp_path).splitlines()[2:]
    assert fonts
    assert all(re.search(r"\byes\s+yes\s+yes\b", line) for line in fonts), fonts
    assert all("Noto" in line for line in fonts), fonts
    assert 'pdfaid:part="3"' in poppler("pdfinfo", pdf, tmp_path, "-meta")


def test_equal_documents_give_equal_bytes_and_different_ones_do_not() -> None:
    first = pdf_render(SMALL)
    assert pdf_render(SMALL) == first
    assert pdf_render(SMALL.replace("98.4", "98.5")) != first


def test_nothing_is_read_from_files_or_from_the_net(tmp_path: Path) -> None:
    secret = tmp_path / "secret.css"
    secret.write_text("body::before{content:'LEAKED'}")
    picture = tmp_path / "secret.svg"
    picture.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="99" height="9"><text y="9">LEAKED</text></svg>')
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    net = f"http://127.0.0.1:{server.server_port}"
    try:
        sources = [f"file://{secret}", f"{net}/x", str(secret), "ftp://127.0.0.1/x"]
        document = HEAD.replace("</head>", "".join(f'<link rel="stylesheet" href="{s}">' for s in sources) + "</head>")
        document += "<style>" + "".join(f"@import url({s});" for s in sources) + "</style><body>正文"
        document += f'<link rel="attachment" href="file://{secret}"><a rel="attachment" href="file://{secret}">a</a>'
        document += "".join(
            f'<img src="{s}"><object data="{s}"></object><embed src="{s}">'
            f'<svg width="9" height="9"><image href="{s}"/><use href="{s}#a"/></svg>'
            f'<p style="background:url({s})">x</p>'
            for s in [*sources, f"file://{picture}", f"{net}/y.svg"]
        )
        pdf = pdf_render(document + "</body></html>")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert asked == []
    assert "LEAKED" not in poppler("pdftotext", pdf, tmp_path)
    assert "0 embedded files" in poppler("pdfdetach", pdf, tmp_path, "-list")


@pytest.mark.parametrize(
    "limits",
    [
        pytest.param({"timeout_seconds": 0.05}, id="too slow"),
        pytest.param({"memory_mb": 96}, id="too big"),
    ],
)
def test_a_document_beyond_its_limits_is_refused_with_a_message_and_the_next_one_works(
    limits: dict[str, float],
) -> None:
    with pytest.raises(PdfFailed) as refusal:
        pdf_render(SMALL, **limits)  # type: ignore[arg-type]
    assert refusal.value.status == 503
    assert refusal.value.message
    assert pdf_render(SMALL).startswith(b"%PDF-")


def test_the_second_rendering_waits_for_the_first_and_says_so_when_it_takes_too_long() -> None:
    with (Path(settings.VAR_DIR) / LOCK_FILE).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(PdfFailed):
            pdf_render(SMALL, timeout_seconds=0.2)
        release = threading.Timer(0.3, lambda: fcntl.flock(lock, fcntl.LOCK_UN))
        release.start()
        assert pdf_render(SMALL).startswith(b"%PDF-")
        release.join()

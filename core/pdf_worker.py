"""The child of core.pdf: reads HTML from stdin, writes PDF to stdout. It knows no Django, no settings and no database.

Called as `python -m core.pdf_worker <memory in MiB> <CPU seconds>`.
"""

import gc
import resource
import sys

MIB = 1024 * 1024


def limit(memory_mb: int, cpu_seconds: int) -> None:
    """Bound this process before anything is read: address space, CPU time, files; no core dump with somebody's data."""
    for what, amount in (
        (resource.RLIMIT_AS, memory_mb * MIB),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, 64 * MIB),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        ceiling = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
        resource.setrlimit(what, (ceiling, ceiling))


def render(html: str) -> bytes:
    """The PDF/A-3a bytes of a document whose only sources are its own text and data: addresses."""
    from weasyprint import HTML  # imported here: it costs half a second and must stay within the limits
    from weasyprint.urls import URLFetcher

    fetcher = URLFetcher(allowed_protocols={"data"}, allow_redirects=False)
    # A base that nothing can be fetched from: without one, a relative @import ends the whole rendering.
    document = HTML(string=html, base_url="about:blank", url_fetcher=fetcher, media_type="print")
    return bytes(document.write_pdf(pdf_variant="pdf/a-3a"))


def main() -> None:
    """Render what stands on stdin; any failure is a non-zero exit with its reason on stderr."""
    limit(int(sys.argv[1]), int(sys.argv[2]))
    gc.disable()  # one document, then the end: collecting costs a sixth of the time and frees next to nothing
    sys.stdout.buffer.write(render(sys.stdin.buffer.read().decode()))


if __name__ == "__main__":
    main()

"""What people do on the pages, and what is looked at on every page they visit."""

import os
import re
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

from django.utils import translation
from django.utils.translation import gettext
from PIL import Image, ImageDraw
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.stack import PASSWORD

CODE = re.compile(r"GD-[A-Z0-9-]+")
SCREENSHOTS = Path(__file__).resolve().parents[2] / "var" / "screenshots"
PATIENCE = 20_000
"""Milliseconds until a page has to show what was done on it; a loaded machine with two cores needs some of them."""

HTML_LANG = {"zh-hans": "zh-CN", "en": "en"}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
LATIN_WORD = re.compile(r"[A-Za-z]{2,}")
SAME_IN_BOTH = re.compile(
    r"^(English|中文|PDF|CSV|XLSX|Excel|QR|PIN|Webhook|SHA-256|P[1-4]|[A-Z]{2,5}|[A-Z]{2,4}-[\w-]+)$"
)
"""What reads the same whatever the language."""
CONTROLS = (
    "button, a.btn, .rail-link .rail-word, .tabbar-link span, .field-label, .choice-face, .card-title, .queue-title, thead th, "
    ".step-label, .countdown-word, .field-help, .act-hint, legend"
)
"""The words of the house itself: on these no person's text and no name of a thing stands."""


def word(language: str, text: str, **values: object) -> str:
    """A text of the product in that language."""
    with translation.override(language):
        return gettext(text) % values if values else gettext(text)


def open_session(page: Page, username: str, language: str) -> None:
    """Sign in, in the language of choice; the choice is made where everybody makes it, in the user menu."""
    page.goto("/login/")
    page.locator("input[name=username]").fill(username)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main button[type=submit]").click()
    page.wait_for_url(re.compile(r"/$"))
    if page.locator("html").get_attribute("lang") != HTML_LANG[language]:
        menu = page.locator("details.menu", has=page.locator("button[name=language]"))
        menu.locator("summary").click()
        menu.locator(f"button[name=language][value={language}]").click()
    expect(page.locator("html")).to_have_attribute("lang", HTML_LANG[language])


def look(page: Page, name: str = "") -> None:
    """What holds on every page: it fits a phone, and its own words are in one language."""
    lang = page.locator("html").get_attribute("lang")
    fits = page.evaluate("[document.scrollingElement.scrollWidth, document.scrollingElement.clientWidth]")
    assert fits[0] <= fits[1], f"{page.url} is {fits[0]} px wide in a window of {fits[1]}"
    wrong = foreign_words(page, str(lang))
    assert wrong == [], f"{page.url} is not in {lang}: {wrong}"
    if os.environ.get("SCREENSHOTS") and name:
        width = page.viewport_size["width"] if page.viewport_size else 0
        folder = SCREENSHOTS / f"{lang}-{'phone' if width < 600 else 'desk'}"
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"{name}.png", full_page=True)


def foreign_words(page: Page, lang: str) -> list[str]:
    """Texts of controls and headings that are not in the page's language."""
    texts = page.locator(CONTROLS).evaluate_all(
        "nodes => nodes.filter(n => n.offsetParent && !n.closest('[lang]:not(html), .menu-panel, [data-person-text]'))"
        ".map(n => [...n.querySelectorAll('.card-hint, [data-person-text]')]"
        ".reduce((text, part) => text.replace(part.innerText, ''), n.innerText).trim())"
    )
    wrong = []
    for text in texts:
        parts = [part for part in re.split(r"[\s·,，。:：/（）()]+", text) if part and not SAME_IN_BOTH.match(part)]
        if lang == "en" and any(CHINESE.search(part) for part in parts):
            wrong.append(text)
        if lang == "zh-CN" and not CHINESE.search(text) and any(LATIN_WORD.search(part) for part in parts):
            wrong.append(text)
    return wrong


def photo() -> FilePayload:
    """A picture as a phone's camera takes it: larger than what is sent."""
    image = Image.new("RGB", (2400, 1800), (70, 90, 120))
    ImageDraw.Draw(image).rectangle((400, 400, 2000, 1400), fill=(20, 20, 24))
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=95)
    return {"name": "黑屏.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()}


def choose(page: Page, name: str, value: str) -> None:
    """Press one of several choices."""
    page.locator(f"label:has(input[name={name}][value='{value}'])").click()


def submit(page: Page, patience: int = 30_000) -> None:
    """Press the page's one primary button and wait up to `patience` milliseconds for the next page to begin."""
    page.locator("main .act button[type=submit], main form.sign-form > button[type=submit]").first.click(
        timeout=patience
    )


def until(page: Page, condition: str) -> None:
    """Wait until a JavaScript expression holds; asked again and again, because the page's policy forbids to evaluate text."""
    for _ in range(PATIENCE // 200):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(200)
    raise AssertionError(f"never true: {condition}")


def submit_main(page: Page) -> None:
    """Press the primary button of the page's form and wait for the next page."""
    with page.expect_navigation():
        page.locator("main form :is(.btn-primary, .btn-danger, .act button):is(button)").last.click()


def act(page: Page, verb: str) -> None:
    """Press a verb on the page of a ticket."""
    page.locator(f"main [data-act={verb}]").click()


def code_of(page: Page) -> str:
    """The ticket whose page is open."""
    page.wait_for_url(re.compile(rf"/tickets/{CODE.pattern}/$"))
    found = CODE.search(page.url)
    assert found, page.url
    return found[0]


def pick_device(page: Page, typed: str) -> str:
    """Find a device by typing and take the first that is offered; returns its code."""
    page.locator("#id_device").press_sequentially(typed, delay=40)
    option = page.locator("[data-picker-list] .picker-option").first
    expect(option).to_be_visible(timeout=PATIENCE)
    code = option.get_attribute("data-value") or ""
    option.click()
    expect(page.locator("[data-picker-chosen]")).to_contain_text(code)
    return code


def report_fault(page: Page, symptom: str, *, device: str = "A05", with_photo: bool = True) -> str:
    """A clerk reports a fault; returns the ticket's code."""
    page.goto("/tickets/report/")
    if device:
        pick_device(page, device)
    else:
        page.locator("select[name=place]").select_option(index=1)
    page.locator("textarea[name=description]").fill(symptom)
    if with_photo:
        page.locator("input[type=file]").set_input_files([photo()])
        expect(page.locator(".photo-one")).to_have_count(1, timeout=PATIENCE)
        expect(page.locator("form[data-draft=report]")).not_to_have_attribute("data-busy", "", timeout=PATIENCE)
    look(page, "report")
    submit(page)
    return code_of(page)


def fill_response(page: Page, *, triage: str = "general") -> None:
    """Contact, triage and commitment."""
    choose(page, "contact_method", "phone")
    choose(page, "triage", triage)
    choose(page, "commitment_kind", "arrival")
    choose(page, "commitment_in", "15")


def fill_work(page: Page) -> None:
    """Cause, solution and verification."""
    page.locator("textarea[name=cause]").fill("显示器电源线松动")
    page.locator("textarea[name=solution]").fill("重新插紧电源线并固定，试机正常")
    page.locator("textarea[name=verification]").fill("与窗口人员一起开关两次，正常")


def draw(page: Page, pad: Locator | None = None) -> None:
    """Write a name on the pad with the mouse: three strokes."""
    canvas = pad or page.locator("[data-signature] canvas")
    expect(page.locator("[data-signature][data-ready]")).to_be_visible(timeout=PATIENCE)
    canvas.evaluate("node => node.scrollIntoView({block: 'center', behavior: 'instant'})")
    box = canvas.bounding_box()
    assert box
    for stroke in STROKES:
        points = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in stroke]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point, steps=6)
        page.mouse.up()
    expect(page.locator("[data-signature][data-signed]")).to_be_visible()


STROKES: Iterable[list[tuple[float, float]]] = (
    [(0.2, 0.3), (0.4, 0.28), (0.3, 0.5), (0.22, 0.75)],
    [(0.35, 0.45), (0.5, 0.7)],
    [(0.55, 0.3), (0.75, 0.35), (0.6, 0.55), (0.8, 0.7), (0.62, 0.8)],
)


def rate(page: Page, level: int) -> None:
    """Choose one of the five levels on a signing page."""
    page.locator(f"label.rating-item:has(input[name=rating][value='{level}'])").click()


def remaining(text: str) -> int:
    """The seconds in a countdown's digits."""
    minutes, seconds = text.strip().split(":")[-2:]
    return int(minutes) * 60 + int(seconds)


def unread(page: Page) -> int:
    """The number at the bell."""
    return int((page.locator("[data-unread-count]").text_content() or "0").strip("+ "))

"""`report.html` and the pictures of the curves: whole, alone, and safe against its data."""

from __future__ import annotations

import json
import math
import re
import shutil
import wave
import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sensorium.cli.root import root
from sensorium.media.audio import read_audio
from sensorium_trainers.errors import TrainingError
from sensorium_trainers.generations import write_audio
from sensorium_trainers.report import write_report
from sensorium_trainers.report.charts import Chart, Curve, charts_of
from sensorium_trainers.report.layout import HEIGHT, WIDTH, layout, short, thin
from sensorium_trainers.report.page import chosen, facts
from sensorium_trainers.report.story import Shown, read_story

HOSTILE = "</style><script>alert(1)</script><img src=http://x/y onerror=alert(2)>\"'&"


@pytest.fixture
def folder(tmp_path):
    """A run as it might lie there: torn, half-finished, with data that wants out."""
    lines = [
        {"step": step, "seconds": step, "loss": 9 / step, "grad_norm": 1.0, "learning_rate": 1e-3}
        for step in range(1, 61)
    ]
    lines += [{"step": 60, "seconds": 61, "validation_loss": 0.2, HOSTILE: 0.5}]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (tmp_path / "log.jsonl").write_text(text + '[1]\n{"loss": 3}\n{"step": 61, "lo')
    (tmp_path / "pictures").mkdir()
    Image.new("RGB", (9, 9), "red").save(tmp_path / "pictures" / "red.webp")
    (tmp_path / "recordings").mkdir()
    write_audio(np.linspace(-2, 2, 40_000, dtype=np.float32), tmp_path / "recordings" / "tone.wav")
    for name in ("secret.webp", "secret.wav"):
        (tmp_path / name).write_bytes(b"a secret")
    media = [
        {"modality": "image", "file": "pictures/red.webp"},
        {"modality": "image", "file": "../secret.webp"},
        {"modality": "audio", "file": "recordings/tone.wav"},
        {"modality": "audio", "file": "../secret.wav"},
        {"modality": HOSTILE},
    ]
    said = {"sample": 3, "asked": HOSTILE, "expected": "two", "media": media}
    with (tmp_path / "generations.jsonl").open("w") as file:
        for step, answer in ((20, HOSTILE), (40, "two ")):
            file.write(json.dumps({"step": step, "said": answer, **said}) + "\n")
    record = {"stage": HOSTILE, "recipe": {"steps": 90, "name": HOSTILE}}
    record["parameters"] = [{"group": HOSTILE, "total": 5, "learning": 1}]
    (tmp_path / "run.json").write_text(json.dumps(record))
    return tmp_path


def test_the_page_stands_alone_and_runs_nothing(folder):
    page = write_report(folder).read_text("utf-8")
    assert "<script" not in page
    assert "onerror=alert(2)>" not in page
    addresses = re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?([^"'\s>)]+)""", page)
    assert [
        a
        for a in addresses
        if not a.startswith(("data:image/webp;base64,", "data:audio/wav;base64,", "http://x/y"))
    ] == []
    # The hostile address is there as text alone.
    assert page.count("http://x/y") == page.count("&lt;img src=http://x/y")
    assert "default-src 'none'" in page
    assert "a secret" not in page
    assert "YSBzZWNyZXQ" not in page  # nor in base64
    assert page.count("data:image/webp") == 1
    assert page.count("<audio controls") == page.count("data:audio/wav") == 1
    assert len(page) < 170_000


def test_a_recording_is_kept_in_sixteen_bits_and_not_too_long(tmp_path):
    path = tmp_path / "long.wav"
    write_audio(np.full(16_000 * 30, 2.0, np.float32), path)
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
        assert file.getnframes() == 16_000 * 20
        assert set(file.readframes(9)) == {0xFF, 0x7F}
    samples = np.sin(np.arange(9000, dtype=np.float32))
    write_audio(samples, path)
    assert np.abs(read_audio(path).value - samples).max() < 1e-4


def test_every_curve_is_in_the_page_and_a_picture(folder):
    page = write_report(folder).read_text("utf-8")
    drawn = re.findall(r"<svg.*?</svg>", page, re.S)
    titles = [ElementTree.fromstring(svg).attrib["aria-label"] for svg in drawn]
    assert titles[0] == "Loss by step"
    assert {"Learning rate by step", "Gradient norm by step"} <= set(titles)
    pictures = sorted(path.name for path in (folder / "curves").iterdir())
    assert len(pictures) == len(drawn)
    assert {"loss.png", "learning-rate.png", "gradient-norm.png"} <= set(pictures)
    with Image.open(folder / "curves" / "loss.png") as image:
        assert image.size == (2 * WIDTH, 2 * HEIGHT)
        colours = {colour for _, colour in image.getcolors(1 << 20)}
        assert {(37, 99, 235), (234, 88, 12)} <= colours  # training and validation


def test_names_from_the_data_lead_nowhere(folder):
    write_report(folder)
    assert {path.parent for path in folder.rglob("*.png")} == {folder / "curves"}
    assert all(re.fullmatch("[a-z0-9-]+", path.stem) for path in (folder / "curves").iterdir())


def test_a_run_ends_with_a_report(make_run, tmp_path):
    lines = []
    make_run("align", validation={"samples": 1, "max_tokens": 2}).train(lines.append)
    out = tmp_path / "out"
    assert lines[-1] == f"report: {out / 'report.html'}"
    page = (out / "report.html").read_text("utf-8")
    assert "finished; what was frozen is proven unchanged" in page
    assert "What colour is it?" in page
    assert "data:image/webp" in page
    assert "Share of peak FLOPs" in page
    assert "1,856" in page  # the projector's parameters
    assert "Answer loss" not in page  # the same as the loss
    again = CliRunner().invoke(root, ["report", str(out)])
    assert again.output == f"{out / 'report.html'}\n"
    assert (out / "report.html").read_text("utf-8") == page


def test_a_finished_run_does_not_fail_for_its_report(make_run, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "curves").write_text("in the way")
    lines = []
    assert make_run("align").train(lines.append) == tmp_path / "out" / "bundle"
    assert lines[-1].startswith("no report, for ")


def drive(*flags):
    """A browser without a window."""
    webdriver = pytest.importorskip("selenium.webdriver")
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", *flags):
        options.add_argument(flag)
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    return webdriver.Chrome(options, service)


@pytest.mark.browser
@pytest.mark.skipif(
    not (shutil.which("chromium") and shutil.which("chromedriver")), reason="no browser"
)
def test_a_browser_shows_it_wide_and_narrow(folder):
    page = write_report(folder)
    driver = drive("--window-size=1200,900")
    try:
        for width in (1200, 390):
            size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
            driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
            driver.get(page.as_uri())
            assert driver.execute_script("return document.documentElement.scrollWidth") <= width
            for picture in driver.find_elements("tag name", "img"):
                assert driver.execute_script("return arguments[0].naturalWidth", picture) == 9
            seconds = driver.execute_async_script(
                "const [player] = document.getElementsByTagName('audio'), done = arguments[0];"
                "player.onloadedmetadata = () => done(player.duration); player.load();"
            )
            assert seconds == 2.5
            drawn = driver.find_elements("css selector", "svg polyline.curve-0")
            assert len(drawn) >= 3
            assert all(line.size["width"] > 0 for line in drawn[:1])
        assert driver.get_log("browser") == []
        assert driver.find_element("css selector", ".asked").text == HOSTILE
    finally:
        driver.quit()


def test_without_a_log_there_is_no_report(tmp_path, registry):
    with pytest.raises(TrainingError, match="no log of a run"):
        write_report(tmp_path)
    assert not [*tmp_path.iterdir()]
    failed = CliRunner().invoke(root, ["report", str(tmp_path)], obj=registry)
    assert failed.exit_code == 1
    assert "output folder" in failed.output


def test_the_facts_at_the_top(folder):
    story = read_story(folder)
    found = {name: (value, remark) for name, value, remark in facts(story.entries, story.record)}
    assert found["step"] == ("60", "of 90")
    assert found["training loss"] == ("0.15", "from 9")
    assert found["validation loss"] == ("0.2", "lowest 0.2 at step 60")
    assert found["time"][0] == "0:01:01"
    assert "tokens/s" not in found


def test_answers_are_chosen_evenly_and_the_newest_is_first():
    said = tuple((step, f"a{step}") for step in range(0, 1000, 10))
    found = chosen(Shown("", "a990 ", (), (), (), said))
    assert [step for step, _, _ in found] == [990, 790, 590, 400, 200, 0]
    assert [right for _, _, right in found] == [True, False, False, False, False, False]
    assert chosen(Shown("", "x", (), (), (), ((5, "x"),))) == [(5, "x", True)]


VALUES = st.floats(-1e9, 1e9, allow_nan=False).filter(lambda x: x == 0 or abs(x) > 1e-9)


@settings(deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=30), st.booleans())
def test_everything_lies_inside_the_drawing(values, from_zero):
    entries = [{"step": step, "loss": value} for step, value in enumerate(values)]
    (chart,) = charts_of(entries)
    made = Chart("x", "x", chart.curves, from_zero and min(values) >= 0, chart.logarithmic)
    drawing = layout(made)
    points = [p for shape in (*drawing.lines, *drawing.areas) for p in shape.points]
    points += [place for _, place, _ in drawing.dots]
    points += [(label.x, label.y) for label in drawing.labels]
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT and math.isfinite(x + y) for x, y in points)
    ticks = [label for label in drawing.labels if label.role == "tick" and label.anchor == "end"]
    assert 1 <= len(ticks) <= 9


@settings(deadline=None)
@given(st.integers(1, 2000))
def test_thinning_keeps_the_extremes_and_the_end(count):
    points = [(float(step), float((step * 7919) % 101)) for step in range(count)]
    thinned = thin(points)
    assert len(thinned) <= 240
    assert thinned[-1][0] == count - 1
    assert min(low for _, low, _, _ in thinned) == min(value for _, value in points)
    assert max(high for _, _, _, high in thinned) == max(value for _, value in points)
    assert all(low <= mean <= high for _, low, mean, high in thinned)


def test_steep_losses_are_drawn_on_a_logarithmic_scale():
    curve = Curve("training", tuple((step, 10.0 ** -(step / 10)) for step in range(40)))
    entries = [{"step": x, "loss": y} for x, y in curve.points]
    (chart,) = charts_of(entries)
    assert chart.logarithmic
    line = layout(chart).lines[-1].points
    slopes = {round(b[1] - a[1]) for a, b in pairwise(line)}
    assert len(slopes) <= 2  # a straight line
    assert not charts_of([{"step": 1, "loss": 3.0}, {"step": 2, "loss": 2.0}])[0].logarithmic


def test_numbers_are_short():
    shown = [short(x) for x in (0, 1, 0.25, 8e-4, 1.54e-8, 1200, 12_000, 123_456, 2.5e6, 3e9)]
    assert shown == ["0", "1", "0.25", "8e-4", "1.54e-8", "1,200", "12k", "123k", "2.5M", "3G"]


def told(folder):
    """What the command says where it cannot write."""
    result = CliRunner().invoke(root, ["report", str(folder)])
    assert result.exit_code == 1
    assert "unexpected" not in result.stderr
    return result.stderr


@pytest.mark.parametrize("size", [10, 5000])
def test_a_full_disk_is_named_and_the_old_report_stays(folder, full_after, size):
    """Full at the first curve, or at the page, which is larger."""
    write_report(folder)
    page = (folder / "report.html").read_bytes()
    assert max(path.stat().st_size for path in (folder / "curves").iterdir()) > size
    with full_after(size):
        said = told(folder)
    assert re.search(r"Cannot write .*report\.html: File too large\. The run itself is", said)
    assert (folder / "report.html").read_bytes() == page
    assert not list(folder.rglob("*.partial"))


def test_a_read_only_disk_is_named(folder, read_only):
    with read_only(folder):
        said = told(folder)
    assert re.search(r"Cannot write .*report\.html: Read-only file system\. The run itself", said)


def test_a_log_that_cannot_be_read(folder, monkeypatch):
    def refuse(self):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr("pathlib.Path.read_bytes", refuse)
    assert re.search(r"Cannot read .*log\.jsonl: Permission denied", told(folder))

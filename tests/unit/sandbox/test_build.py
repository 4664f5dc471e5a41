# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A part is built again when, and only when, something it is made from has changed."""

import os

import pytest

from sandbox.build import KEPT, Part, go_progress, make, package_sources, parts
from sandbox.errors import SandboxError
from sandbox.layout import Layout


def fill(into, log, step):
    (into / "file").write_text("made")


def part(*inputs, make=fill):
    return Part("thing", "A thing", inputs, make)


def test_key_follows_the_inputs():
    assert part("a", "b").key == part("a", "b").key
    assert len({part("a", "b").key, part("b", "a").key, part("ab").key, part("a").key}) == 4


def test_a_part_appears_complete_under_its_key(tmp_path):
    layout = Layout(tmp_path)
    make(part("a"), layout)
    assert (part("a").folder(layout) / "file").read_text() == "made"
    assert [path.name for path in layout.build.iterdir()] == [f"thing-{part('a').key}"]


def test_a_failed_part_does_not_appear_and_the_next_try_starts_clean(tmp_path):
    layout = Layout(tmp_path)

    def fail(into, log, step):
        (into / "half").write_text("")
        raise SandboxError("no")

    with pytest.raises(SandboxError):
        make(part("a", make=fail), layout)
    assert not part("a").folder(layout).exists()
    make(part("a"), layout)
    assert [path.name for path in part("a").folder(layout).iterdir()] == ["file"]


def test_older_builds_are_kept_for_other_checkouts_but_not_for_ever(tmp_path):
    layout = Layout(tmp_path)
    for age, text in enumerate("abc"):
        make(part(text), layout)
        os.utime(part(text).folder(layout), (age, age))
    assert len(list(layout.build.iterdir())) == KEPT
    assert part("c").folder(layout).exists()


def test_the_images_are_made_last_from_all_others(tmp_path):
    made = parts(Layout(tmp_path))
    assert made[-1].name == "images"
    assert {other.key for other in made[:-1]} <= set(made[-1].inputs)


def test_go_progress_tells_fetching_from_compiling(tmp_path):
    log = tmp_path / "log"
    assert go_progress(log) == "0 modules fetched"
    log.write_text("$ go install -v tool\ngo: downloading a v1\ngo: downloading b v1\n")
    assert go_progress(log) == "2 modules fetched"
    log.write_text(log.read_text() + "example.org/a\n")
    assert go_progress(log) == "1 packages compiled"


def test_only_the_sources_of_the_release_itself_are_used(tmp_path):
    folder = tmp_path / "sources.list.d"
    folder.mkdir()
    (tmp_path / "sources.list").write_text("deb http://deb.example bookworm main\n")
    (folder / "debian.sources").write_text("Suites: bookworm bookworm-updates\nComponents: main\n")
    (folder / "vendor.list").write_text("deb https://vendor.example bookworm stable\n")
    (folder / "old.list.disabled").write_text("deb http://deb.example bookworm main\n")
    assert package_sources("bookworm", tmp_path) == [str(tmp_path / "sources.list"), str(folder / "debian.sources")]

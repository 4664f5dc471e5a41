# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A part is built again when, and only when, something it is made from has changed."""

import os
from dataclasses import fields

import pytest

from sandbox import build
from sandbox.build import KEPT, Build, Part, go_progress, make, package_sources, parts
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


def test_the_images_are_made_from_all_that_is_made_before_them(tmp_path):
    *before, images_made, _crds = parts(Layout(tmp_path))
    assert images_made.name == "images"
    assert {other.key for other in before} <= set(images_made.inputs)


def keys(tmp_path):
    return {part.name: part.key for part in parts(Layout(tmp_path))}


def changed(before, after):
    return {name for name in after if before[name] != after[name]}


def test_another_choice_of_crds_rebuilds_nothing_else(tmp_path, monkeypatch):
    before = keys(tmp_path)
    monkeypatch.setattr(build, "CRD_FILES", {**build.CRD_FILES, "more.yaml": ("istio.io/istio", "more.yaml")})
    assert changed(before, keys(tmp_path)) == {"crds"}


def test_another_file_beside_the_programs_of_istio_rebuilds_it(tmp_path, monkeypatch):
    before = keys(tmp_path)
    monkeypatch.setattr(build, "ISTIO_FILES", {**build.ISTIO_FILES, "more.json": ("istio.io/istio", "more.json")})
    assert changed(before, keys(tmp_path)) == {"istio", "images"}


@pytest.mark.parametrize(
    ("part", "full", "stale"),
    [
        ("crds", True, True),
        ("crds", False, True),
        ("kubernetes", False, True),
        ("programs", False, True),
        ("istio", True, True),
        ("istio", False, False),
        ("images", False, False),
    ],
)
def test_a_cluster_is_stale_when_something_that_it_runs_was_built_again(tmp_path, part, full, stale):
    built = {field.name: tmp_path / f"{field.name}-000000000000" for field in fields(Build)}
    again = {**built, part: tmp_path / f"{part}-111111111111"}
    assert (Build(**again).key(full) != Build(**built).key(full)) == stale


def test_the_files_of_a_module_are_put_into_one(tmp_path, monkeypatch):
    for name in ("b", "a"):
        (tmp_path / f"{name}.yaml").write_text(f"kind: {name}\n")
    monkeypatch.setattr(build, "module_folder", lambda module, log: tmp_path)
    build.copy_files({"all.txt": ("example.org/m", "*.yaml")}, tmp_path, tmp_path / "log")
    assert (tmp_path / "all.txt").read_text() == "kind: a\n---\nkind: b\n"
    with pytest.raises(SandboxError, match="has no nothing"):
        build.copy_files({"all.txt": ("example.org/m", "nothing")}, tmp_path, tmp_path / "log")


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

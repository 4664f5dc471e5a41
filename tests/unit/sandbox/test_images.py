# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Images as a registry stores them: every link leads to a blob, every digest is true."""

import hashlib
import io
import json
import tarfile

from sandbox.images import Folder, Link, Store, archive


def test_archive_holds_files_links_and_the_folders_above(tmp_path):
    program = tmp_path / "program"
    program.write_bytes(b"x" * 10)
    packed = archive({"bin/sh": Link("/bin/box"), "bin/box": program, "tmp": Folder(0o1777), "etc/a/b": b"text"})
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        members = {member.name: member for member in tar}
        assert list(members) == ["bin", "etc", "etc/a", "bin/box", "bin/sh", "etc/a/b", "tmp"]
        assert tar.extractfile("etc/a/b").read() == b"text"
    assert members["bin/sh"].linkname == "/bin/box"
    assert members["bin/box"].mode == 0o755
    assert members["tmp"].isdir()
    assert members["tmp"].mode == 0o1777


def test_equal_content_has_an_equal_digest():
    assert archive({"a": b"1", "b": b"2"}) == archive({"b": b"2", "a": b"1"})


def test_a_stored_image_is_whole(tmp_path):
    store = Store(tmp_path)
    layer = store.layer({"app": b"program"})
    store.image(["library/app:1", "library/app:latest"], [layer], Cmd=["/app"], StopSignal="SIGQUIT")
    repository = store.base / "repositories/library/app"

    def blob(digest):
        content = (store.base / "blobs/sha256" / digest[7:9] / digest[7:] / "data").read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest[7:]
        return content

    (digest,) = {(repository / f"_manifests/tags/{tag}/current/link").read_text() for tag in ("1", "latest")}
    manifest = json.loads(blob(digest))
    config = json.loads(blob(manifest["config"]["digest"]))
    assert config["config"]["StopSignal"] == "SIGQUIT"
    assert config["rootfs"]["diff_ids"] == [layer["digest"] for layer in manifest["layers"]]
    for described in (manifest["config"], *manifest["layers"]):
        assert len(blob(described["digest"])) == described["size"]
        assert (repository / "_layers/sha256" / described["digest"][7:] / "link").read_text() == described["digest"]

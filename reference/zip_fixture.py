"""Writes test/fixtures/zip/two.zip with Python's zipfile. Run from the repository's root: python reference/zip_fixture.py"""

import pathlib
import zipfile

folder = pathlib.Path("test/fixtures/zip")
folder.mkdir(parents=True, exist_ok=True)
with zipfile.ZipFile(folder / "two.zip", "w") as archive:
    for name, text, method in [("a.txt", "striate" * 20, zipfile.ZIP_DEFLATED), ("b/ü.txt", "V1", zipfile.ZIP_STORED)]:
        entry = zipfile.ZipInfo(name, date_time=(2026, 1, 1, 0, 0, 0))
        entry.compress_type = method
        archive.writestr(entry, text)

"""The documentation as files that need no server and no network."""

import shutil
from pathlib import Path

from scribe_mock.apidocs.book import ASSETS, Book
from scribe_mock.pages.site import SHARED_ASSETS


def export(spec: Path, control_spec: Path, output: Path) -> list[Path]:
    """Write all pages into a folder, which is made if it is not there.

    Returns:
        The pages; the first is the one to open.
    """
    book = Book(spec, control_spec, served=False)
    assets = output / "assets"
    for folder in (SHARED_ASSETS, ASSETS):
        shutil.copytree(folder, assets, dirs_exist_ok=True)
    for name, text in book.scripts.items():
        (assets / name).write_text(text, "utf-8")
    shutil.copyfile(spec, output / "openapi.yaml")
    pages = [output / f"{name}.html" for name in book.names]
    for page, name in zip(pages, book.names, strict=True):
        page.write_text(book.page(name), "utf-8")
    return pages

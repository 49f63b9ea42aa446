"""The documentation as files that need no server and no network."""

import shutil
from pathlib import Path

from scribe_mock.errors import SpecError
from scribe_mock.spec import SpecFile
from scribe_mock.web.docs.book import ASSETS, Book
from scribe_mock.web.site import SHARED_ASSETS


def export(spec: Path, control_spec: Path, output: Path) -> list[Path]:
    """Write all pages into a folder, and create the folder if needed.

    Returns:
        The pages; the first is the one to open.

    Raises:
        SpecError: the spec is another API's; nothing is written.
    """
    book = Book(SpecFile(spec), SpecFile(control_spec), served=False)
    try:
        scripts, texts = book.scripts, [book.page(name) for name in book.names]
    except Exception as error:  # whatever the pages are in want of
        said = f"{type(error).__name__} {error}".partition("\n")[0][:200]
        raise SpecError(
            f"{spec}: the documentation can't be made of it ({said}). "
            "Expected OpenAPI 3.0 with the mock's operations and their examples."
        ) from error
    assets = output / "assets"
    for folder in (SHARED_ASSETS, ASSETS):
        shutil.copytree(folder, assets, dirs_exist_ok=True)
    for name, text in scripts.items():
        (assets / name).write_text(text, "utf-8")
    shutil.copyfile(spec, output / "openapi.yaml")
    pages = [output / f"{name}.html" for name in book.names]
    for page, text in zip(pages, texts, strict=True):
        page.write_text(text, "utf-8")
    return pages

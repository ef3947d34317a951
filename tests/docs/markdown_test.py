"""Every Markdown file: links lead somewhere, lines are short, the README fits on a page."""

import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
WIDTH = 100
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def markdown_files():
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
                            stdout=subprocess.PIPE, text=True, check=False).stdout.split()
    # Without git, as from a source archive: all but what a build makes.
    found = [ROOT / name for name in listed] or [
        path for path in ROOT.rglob("*.md") if not {"build", "out"} & set(path.relative_to(ROOT).parts)]
    return [path for path in found if path.exists()]


def parts(path):
    """(line number, line, the info string of its fence or None) of a file, front matter left out."""
    fence, front = None, False
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line == "---" and (number == 1 or front):
            front = number == 1
            continue
        mark = re.match(r"```(.*)", line)
        if mark and fence is None:
            fence = mark.group(1).strip()
        elif mark:
            fence = None
        elif not front:
            yield number, line, fence


def prose(path):
    return [(number, line) for number, line, fence in parts(path) if fence is None]


def anchors(path):
    """The anchors that GitHub gives to the headings of a page."""
    found = set()
    for _, line in prose(path):
        if heading := re.match(r"#+ (.*)", line):
            words = re.sub(r"[^\w\- ]", "", heading.group(1).lower())
            found.add(words.replace(" ", "-"))
    return found


class MarkdownTest(unittest.TestCase):

    def test_there_are_pages(self):
        self.assertGreater(len(markdown_files()), 40)

    def test_every_link_leads_to_a_file_and_a_heading(self):
        for path in markdown_files():
            for number, line in prose(path):
                for target in LINK.findall(re.sub(r"`[^`]*`", "", line)):
                    if re.match(r"https?://|mailto:", target):
                        continue
                    with self.subTest(page=str(path.relative_to(ROOT)), line=number, target=target):
                        name, _, anchor = target.partition("#")
                        page = (path.parent / name).resolve() if name else path
                        self.assertTrue(page.exists())
                        if anchor:
                            self.assertIn(anchor, anchors(page))

    def test_every_path_of_the_tree_exists(self):
        """In code marks, from the root; a file may be named without its ending. Only releases name what is gone."""
        top = "|".join(path.name for path in ROOT.iterdir() if path.is_dir() and path.name not in ("build", "out"))
        for path in markdown_files():
            if path.name == "CHANGELOG.md":
                continue
            for number, line in prose(path):
                for name in re.findall(rf"`((?:{top})/[\w./-]+)`", line):
                    with self.subTest(page=str(path.relative_to(ROOT)), line=number, name=name):
                        self.assertTrue((ROOT / name).exists() or list(ROOT.glob(f"{name}.*")))

    def test_every_page_of_docs_can_be_reached_from_the_index(self):
        start = ROOT / "docs" / "index.md"
        reached, left = set(), [start]
        while left:
            page = left.pop()
            if page in reached:
                continue
            reached.add(page)
            for _, line in prose(page):
                targets = [(page.parent / target.partition("#")[0]).resolve() for target in LINK.findall(line)]
                left += [target for target in targets if target.suffix == ".md" and target.exists()]
        pages = {path for path in markdown_files() if (ROOT / "docs") in path.parents}
        self.assertEqual({str(path.relative_to(ROOT)) for path in pages - reached}, set())

    def test_lines_have_at_most_100_columns(self):
        """But for rows of tables, which cannot be broken, and what programs print, which is quoted as it is."""
        for path in markdown_files():
            for number, line, fence in parts(path):
                if not line.startswith("|") and fence != "text":
                    with self.subTest(page=str(path.relative_to(ROOT)), line=number):
                        self.assertLessEqual(len(line), WIDTH)

    def test_the_readme_has_at_most_120_lines_of_100_columns(self):
        lines = (ROOT / "README.md").read_text().splitlines()
        self.assertLessEqual(len(lines), 120)
        self.assertLessEqual(max(map(len, lines)), WIDTH)

    def test_every_decision_is_in_the_index_of_decisions(self):
        folder = ROOT / "docs" / "design" / "decisions"
        index = (folder / "index.md").read_text()
        for page in folder.glob("[0-9]*.md"):
            self.assertIn(f"({page.name})", index)


if __name__ == "__main__":
    unittest.main()

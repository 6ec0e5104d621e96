"""Every sentence and label of the page, in one place, in plain British English."""

from __future__ import annotations

import math
from collections.abc import Sequence

APP = "Report QA"

# Ask

ASK = "Ask"
ASK_TITLE = "Ask the reports"
ASK_LEAD = "Answers in the reports’ own words, each sentence cited to its page."
QUESTION = "Your question"
QUESTION_HINT = "Ask a question in your own words"
ASK_BUTTON = "Ask"
CLEAR = "Clear"
REPORTS_FILTER = "Reports to ask"
ALL_REPORTS = "All reports"
EXAMPLES = "Try one of these"
IN_LIBRARY = "In the library"
LOADING_MODEL = "Loading the language model, which takes some seconds the first time …"
SEARCHING = "Reading the reports …"
ANSWER = "Answer"
SOURCES = "Where it says so"
NEAREST = "Nearest passages"
WHY = "Why this answer"
COPY = "Copy"
DOWNLOAD = "Download"
DOWNLOAD_SESSION = "Download all of them"
SESSION_FILE = "answers.md"
COPIED = "The answer and its sources have been copied."
NOT_COPIED = "The browser did not let the answer be copied. Download it instead."
FOLLOW_UPS = "Ask next"
ADD_REPORTS = "Add or remove reports"
PROMISES_TITLE = "What you can rely on"
PROMISES = (
    "Each number behind a sentence opens the page it stands on, with the words marked.",
    "Where the reports do not say, you are told so.",
    "Questions and reports stay on the machine that runs this page.",
)
NEAREST_LEAD = (
    "What was found for the question, the best first. The score says how well the best sentence "
    "of a passage answers; higher is better."
)
NO_ANSWER_TITLE = "Not in these reports"
NO_ANSWER_LEAD = "They may help you to ask it in the reports’ own words."
NO_PAGE_OPEN = "“Show page” beside a source shows its words on the page."
NO_PAGE_NEAR = "“Show page” beside a passage shows where it stands."

CAUTION = "How sure an answer must be"
CAUTIONS = {"strict": "Strict", "balanced": "Balanced", "helpful": "Helpful"}
CAUTION_HELP = (
    "Strict answers only what it is nearly certain of. Helpful shows the best there is, also "
    "where it may not answer your question."
)
UNSURE = "Not certain: the reports may say this about something else than you asked."

# The page of a report

PREVIOUS = "Previous"
NEXT = "Next"
LARGER = "Larger"
FIT = "Fit width"
CLOSE = "Close"
PAGE_CHANGED = (
    "The file of this report has changed since the index was built, so its pages may no longer "
    "say what is cited. Rebuild the index on the Library page, then ask again."
)
PAGE_MISSING = (
    "The file of this report is no longer in the library, so its pages cannot be shown. Add it "
    "again, or rebuild the index, on the Library page."
)

# Library

LIBRARY = "Library"
LIBRARY_TITLE = "Library"
TO_LIBRARY = "Open the library"
REPORTS_CAPTION = "Reports that can be asked"
REPORT = "Report"
PAGES = "Pages"
PASSAGES = "Passages"
DATED = "Dated"
NO_DATE = "not given"
READ_BY_OCR = "read by OCR"
HEALTH_TITLE = "How a report was read"
HEALTH_HINT = "Counts and checks of one report, made anew from its file."
HEALTH_CHOICE = "Report"
HEALTH_PLACEHOLDER = "Choose a report"
HEALTH_PICTURE = "Make a picture of every page"
HEALTH_SAVE = "Save the pictures"
HEALTH_MAKING = "Drawing the pages …"
NOTES_TITLE = "Not all of it could be read"
ADD_TITLE = "Add reports"
ADD_HINT = "Choose one or more PDF files"
ADD_BUTTON = "Add to the library"
ADD_NOTHING = "No file was chosen. Choose one or more PDF files, then add them."
REBUILD_TITLE = "Rebuild the index"
REBUILD_HINT = (
    "Reads what is new or changed in the library's folder and leaves the rest as it is. Questions "
    "can be asked meanwhile."
)
REBUILD_BUTTON = "Rebuild the index"
BUILD_BUTTON = "Build the index"
REMOVE_TITLE = "Remove reports"
REMOVE_CHOICE = "Reports to remove"
REMOVE_PLACEHOLDER = "Choose reports"
REMOVE_BUTTON = "Remove …"
REMOVE_SURE = "Remove for good"
REMOVE_KEEP = "Keep"
REFUSED_TITLE = "In the folder, but not in the index"
REBUILT = "The index has been built again from the library as it is now."
NOTHING_CHANGED = "The index matches the library already; there was nothing to do."
DISMISS = "Dismiss"

DONE_TITLE = "Done"

# Signing in

SIGN_IN = "Sign in"
SIGN_OUT = "Sign out"
SIGN_IN_LEAD = "Sign in to ask the reports."
SIGN_IN_FAILED = "You are not signed in"
SIGN_IN_WRONG = (
    "The name or the password is not right. After a few tries each next one has to wait a little."
)
NAME = "Name"
PASSWORD = "Password"
NO_ROLE_TITLE = "You may not come in"
CLOSED_TITLE = "Nobody can come in at the moment"
CLOSED = (
    "What says who may come in cannot be used. Whoever runs this page finds the reason in the "
    "terminal in which it runs."
)
DENIED_TITLE = "You may not do that"
DENIED = (
    "Only editors change the library, the index and the gold questions. Nothing has been changed. "
    "Ask whoever runs this page to make you an editor."
)
READERS_ONLY = "You can ask these reports. Only editors change the library."
BUSY_TITLE = "Please wait a moment"

# States of the index

NO_INDEX_TITLE = "There is no index yet"
NO_INDEX = "The reports have to be read once before they can be asked."
EMPTY_TITLE = "The library is empty"
EMPTY = "Add a PDF report in the library to begin."
EMPTY_HERE = "Add a PDF report to begin."
DAMAGED_TITLE = "The index cannot be used"
DAMAGED_WAY_OUT = "Rebuilding makes it again from the reports, which are not touched."
STALE_TITLE = "The library has changed since the index was built"
STALE_WAY_OUT = "Answers come from the reports as they were. Rebuild the index to include changes."
STAND_IN_TITLE = "An older index is in use"
LOCKED_TITLE = "The index is being built elsewhere"
FAILED_TITLE = "That did not work"
WORKING_ALREADY = "The index is being built already. Wait until that has ended, then try again."

# The border

BAD_QUESTION_TITLE = "That question cannot be asked"
UNEXPECTED_TITLE = "Something went wrong"
UNEXPECTED = (
    "This page met something it did not expect. Nothing has been lost. Try again; the details are "
    "in the terminal in which the app runs."
)

GETTING_READY = "Getting ready"
STAGES = {
    "reading": "Reading {}",
    "embedding": "Indexing {}",
    "publishing": "Putting the new index in service",
}


def count(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun.

    >>> count(1, "page"), count(1200, "passage"), count(0, "library", "libraries")
    ('1 page', '1,200 passages', '0 libraries')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def pages(label: str, number: int) -> str:
    """Return where a page is, by the number printed on it and by the PDF's own.

    >>> pages("iii", 3), pages("", 4)
    ('Printed page iii · PDF page 3', 'PDF page 4 (no number is printed on it)')
    """
    if not label:
        return f"PDF page {number} (no number is printed on it)"
    return f"Printed page {label} · PDF page {number}"


def highlighted(lines: int) -> str:
    """Return how many lines are highlighted in a picture.

    >>> highlighted(0), highlighted(1)
    ('no words highlighted', '1 line highlighted')
    """
    return f"{count(lines, 'line')} highlighted" if lines else "no words highlighted"


def answered_in(milliseconds: float, passages: int, reports: int) -> str:
    """Return what an answer took and was taken from.

    >>> answered_in(84.2, 178, 1)
    'Found in 0.08 seconds among 178 passages of 1 report.'
    """
    among = f"{count(passages, 'passage')} of {count(reports, 'report')}"
    return f"Found in {milliseconds / 1000:.2f} seconds among {among}."


def no_role(email: str) -> str:
    """Return what is said to whoever is known and has no role.

    >>> no_role("jo@example.org")
    'jo@example.org is on no list of this page. Ask whoever runs it to be put on one.'
    """
    return f"{email} is on no list of this page. Ask whoever runs it to be put on one."


def signed_in(name: str, editor: bool) -> str:
    """Return who has signed in, and as what.

    >>> signed_in("jo", True)
    'jo, editor'
    """
    return f"{name}, {'editor' if editor else 'reader'}"


def sign_in_later(seconds: float) -> str:
    """Return when one may try to sign in again.

    >>> sign_in_later(1.2)
    'There were too many tries. Try again in 2 seconds.'
    """
    return f"There were too many tries. Try again in {count(math.ceil(seconds), 'second')}."


def time_left(seconds: float) -> str:
    """Return a time to wait, rounded as one would say it.

    >>> time_left(3.2), time_left(42), time_left(70), time_left(200)
    ('a few seconds left', 'about 40 seconds left', 'about a minute left', 'about 3 minutes left')
    """
    if seconds < 8:
        return "a few seconds left"
    if seconds < 55:
        return f"about {max(10, round(seconds / 10) * 10)} seconds left"
    if seconds < 90:
        return "about a minute left"
    return f"about {round(seconds / 60)} minutes left"


def sure_to_remove(reports: int) -> str:
    """Return the question that is asked before reports are removed.

    >>> sure_to_remove(1)
    'Remove 1 report? Its file leaves the library folder for good.'
    """
    whose = "Its file leaves" if reports == 1 else "Their files leave"
    return f"Remove {count(reports, 'report')}? {whose} the library folder for good."


def done(report: str, status: str, pages_: int, passages: int) -> str:
    """Return what a build did with a report.

    >>> done("leeds-2023", "indexed", 12, 90)
    'leeds-2023 can be asked now: 12 pages, 90 passages.'
    """
    if status == "removed":
        return f"{report} has been removed."
    return f"{report} can be asked now: {count(pages_, 'page')}, {count(passages, 'passage')}."


def refused(files: int) -> str:
    """Return the title over the reasons for which files were refused.

    >>> refused(1)
    '1 file could not be taken'
    """
    return f"{count(files, 'file')} could not be taken"


def earlier(number: int) -> str:
    """Return the title over the questions that were asked before.

    >>> earlier(1), earlier(3)
    ('1 earlier question', '3 earlier questions')
    """
    return count(number, "earlier question")


def source(number: int) -> str:
    """Return the name of a source.

    >>> source(2)
    'Source 2'
    """
    return f"Source {number}"


def index_of(snapshot: str) -> str:
    """Return which index an answer came from, for the record.

    >>> index_of("000003-ab12")
    'Index 000003-ab12.'
    """
    return f"Index {snapshot}."


def open_pdf(page: int) -> str:
    """Return the label of the link to the report's own file.

    >>> open_pdf(10)
    'Open the PDF at page 10'
    """
    return f"Open the PDF at page {page}"


def and_more(number: int) -> str:
    """Return how many were left out.

    >>> and_more(2)
    'and 2 more'
    """
    return f"and {number:,} more"


def show_page(page: int) -> str:
    """Return the label of the button that shows a page of the PDF.

    >>> show_page(10)
    'Show page 10'
    """
    return f"Show page {page}"


def shown_page(page: int) -> str:
    """Return the label of that button while its page is shown.

    >>> shown_page(10)
    'Page 10 is shown'
    """
    return f"Page {page} is shown"


def back_to(page: int) -> str:
    """Return the label of the way back to the page that is cited.

    >>> back_to(10)
    'Back to page 10'
    """
    return f"Back to page {page}"


def picture_of(page: int, report: str, lines: int) -> str:
    """Return what a picture shows, for those who do not see it.

    >>> picture_of(10, "leeds-2023", 2)
    'Picture of PDF page 10 of leeds-2023, 2 lines highlighted'
    """
    return f"Picture of PDF page {page} of {report}, {highlighted(lines)}"


def size_and_date(pages_: int, day: str) -> str:
    """Return a report's pages and, where it gives one, its date.

    >>> size_and_date(29, "31 July 2024"), size_and_date(1, "")
    ('29 pages · 31 July 2024', '1 page')
    """
    return f"{count(pages_, 'page')} · {day}" if day else count(pages_, "page")


def totals(reports: int, pages_: int, passages: int) -> str:
    """Return how large the library is.

    >>> totals(1, 29, 178)
    '1 report, 29 pages, 178 passages'
    """
    return f"{count(reports, 'report')}, {count(pages_, 'page')}, {count(passages, 'passage')}"


def may_be_meant(titles: Sequence[str]) -> str:
    """Return that other reports may answer as well."""
    return f"{' and '.join(titles)} may answer this as well. Choose a report to ask it alone."

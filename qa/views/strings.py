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
SESSION_FILE = "answers"
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
NEAREST_SO_FAR = "Nearest so far, while the answer is worked out"
NEAREST_LEAD = (
    "What was found for the question, the best first. The score says how well the best sentence "
    "of a passage answers; higher is better."
)
NO_ANSWER_TITLE = "Not in these reports"
NO_ANSWER_LEAD = "They may help you to ask it in the reports’ own words."
NO_PAGE_OPEN = "“Show page” beside a source shows its words on the page."
NO_PAGE_NEAR = "“Show page” beside a passage shows where it stands."

FILTER_NAMES = {
    "places": "Place",
    "years": "Year",
    "families": "Kind of inspection",
    "standards": "Standard",
    "kinds": "Kind of finding",
    "reports": "Reports",
}
FILTER_KINDS = {
    "strength": "Strength",
    "improvement": "Area for improvement",
    "recommendation": "Recommendation",
    "rating": "Rating or score",
}
FILTER_ANY = "Any"
FILTERS_LEAD = "Only what meets all of these is asked."
FILTERS_CLEAR = "Clear all filters"
FILTER_OFF_HELP = "Lift this filter"
FILTERS_NOTHING_TITLE = "The filters leave nothing to ask"
FILTERS_NOTHING = "No passage of the library meets all of them at once: {}."

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
ZOOM_IN = "Zoom in"
ZOOM_OUT = "Zoom out"
CLOSE = "Close"
DOWNLOAD_PDF = "Download the PDF"
FIND = "Find in this report"
FINDING = "Looking through the report …"
HIT_BEFORE = "Previous hit"
HIT_AFTER = "Next hit"
PAGE_CHANGED = (
    "The file of this report has changed since the index was built, so its pages may no longer "
    "say what is cited. Rebuild the index on the Library page, then ask again."
)
PAGE_MISSING = (
    "The file of this report is no longer in the library, so its pages cannot be shown. Add it "
    "again, or rebuild the index, on the Library page."
)

# Compare

COMPARE = "Compare"
COMPARE_TITLE = "Compare reports"
COMPARE_LEAD = "One question, asked of each report by itself."
COMPARE_MODE = "What to compare"
COMPARE_QUESTION = "One question"
COMPARE_CHANGES = "What changed since"
COMPARE_REPORTS = "Reports to compare"
COMPARE_BUTTON = "Ask each report"
COMPARE_CHOOSE = "Choose two to six reports"
COMPARE_FEW_TITLE = "There is nothing to compare yet"
COMPARE_FEW = "The library needs two reports or more for this. Add another in the library."
COMPARE_FEW_READERS = "The library needs two reports or more for this. Editors add them."
COMPARE_TWO = "Choose at least two reports to compare, then ask."
COMPARE_GONE_TITLE = "Not all of these reports are in the library"
COMPARE_START = "Type a question to see what each report says to it, side by side."
COMPARE_PAIR = "Inspections of one place"
COMPARE_ALSO = "Ask both inspections a question"
EACH_REPORT = "each of these reports by itself"
COMPARE_NOTHING = "These two reports have no rating, score or key question that could be compared."
NOT_IN_REPORT = "Not in this report"
NEAREST_ONE = "Nearest passage"
NOT_IN_REPORT_NEAR = "This is nearest to the question; it may be about something else."
WAITING = "Waiting …"
READING_NOW = "Reading …"
NOT_ASKED = "Not asked yet"
HOW_SURE = {
    "strict": "Nearly certain",
    "balanced": "Fairly sure",
    "helpful": "Not certain: it may say this about something else than you asked.",
}
EARLIER = "Earlier"
LATER = "Later"
CHANGE = "Change"
RATED = "Rated"
KEY_QUESTION = "Key question"
RATINGS_CAPTION = "Ratings in both inspections"
KEY_QUESTIONS_CAPTION = "Answers “yes” to each key question in both inspections"
PROGRESS_CAPTION = "What the later report says of earlier recommendations"
RECOMMENDATION = "Recommendation"
PROGRESS = "Progress"
OPEN_PAGE = "Page"
NOT_THERE = "not there"
CHANGES = {
    "better": "Better",
    "worse": "Worse",
    "same": "The same",
    "unlike": "On another scale",
    "new": "Only in the later report",
    "gone": "Only in the earlier report",
}
CHANGE_SIGNS = {"better": "▲", "worse": "▼", "same": "=", "up": "↑", "down": "↓"}
ANSWERS_TITLE = "Answers from the reports"
DOWNLOAD_WORD = "Word document"
DOWNLOAD_MARKDOWN = "Markdown"
DOWNLOAD_CSV = "Table of sources (CSV)"
DOWNLOAD_CHANGES_CSV = "Table of changes (CSV)"
COPY_LINK = "Copy link"
OUTCOMES_OF_COPYING = {
    "answer": COPIED,
    "no answer": NOT_COPIED,
    "link": "The link to these words has been copied.",
    "no link": "The browser did not let the link be copied. Open it and copy its address instead.",
}
CITED_TITLE = "Words that somebody cites"
CITED_GONE_TITLE = "These words are not on that page"
CITED_GONE = (
    "The link gives words that this page of the report has not, as it is in the library now. The "
    "report may have been replaced by another version."
)
CITED_UNKNOWN_TITLE = "The link cannot be followed"
THE_RECORD = "Record"
AT_TIME = "Time"
FROM_INDEX = "Index"

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
ONE_TITLE = "One report"
ONE_HINT = "Choose a report to ask it alone, or to see how it was read."
ASK_THIS = "Ask this report"
DETAILS_TITLE = "Title, place, date and family"
DETAILS_HINT = (
    "Guessed from the document; what you change is kept beside the PDFs. Clear a field to go back "
    "to the guess."
)
DETAIL_TITLE = "Title"
DETAIL_PLACE = "Place"
DETAIL_DATE = "Date"
DETAIL_DATE_HELP = "A day, a month or a year: 2024-07-05, 2024-07 or 2024"
DETAIL_FAMILY = "Family of reports"
DETAILS_SAVE = "Save"
DETAILS_WRONG = "That could not be saved"
HEALTH_TITLE = "How a report was read"
HEALTH_HINT = "Counts and checks of one report, made anew from its file."
HEALTH_CHOICE = "Report"
HEALTH_PLACEHOLDER = "Choose a report"
HEALTH_PICTURE = "Make a picture of every page"
HEALTH_SAVE = "Save the pictures"
HEALTH_MAKING = "Drawing the pages …"
NOTES_TITLE = "Not all of it could be read"
ADD_TITLE = "Add reports"
ADD_HINT = "Drop PDF files or a zip archive of them here, or choose them"
ADD_BUTTON = "Add to the library"
ADD_NOTHING = "No file was chosen. Choose one or more PDF files, then add them."
DROPPED = "What became of each file"
FATES = {
    "waiting": ("…", "Waits for its turn."),
    "working": ("›", "Is being read."),
    "in": ("✓", "Added."),
    "same": ("=", "In the library already."),
    "refused": ("!", "Not taken."),
    "held": ("?", "Waits for your decision."),
    "left out": ("–", "Left out, as you decided."),
}
"""What became of a file: a sign, and a sentence where there is no better one."""

DECIDE_TITLE = "Please decide"
DECIDE_HINT = "Nothing is replaced unless you say so; what is replaced can be brought back."
DECIDE_BUTTON = "Go on"
CHOICES = {
    "leave": "Leave it out",
    "keep": "Keep both",
    "replace": "Take it in place of {}",
}
REBUILD_TITLE = "Rebuild the index"
REBUILD_HINT = (
    "Reads what is new or changed in the library's folder and leaves the rest as it is. Questions "
    "can be asked meanwhile."
)
REBUILD_BUTTON = "Rebuild the index"
BUILD_BUTTON = "Build the index"
FOLLOW = "Rebuild by itself when files change"
FOLLOW_HELP = (
    "Looks at the library's folder all the time and rebuilds the index a few seconds after its "
    "PDFs have changed. It is on or off for everybody, until the app ends."
)
FOLLOW_FAILED = "The index could not follow the library"
FOLLOWING = {
    "watching": "The folder is being compared with the index.",
    "changed": "Files in the folder are changing. The index follows once they are still.",
    "building": "The index is being rebuilt.",
    "waiting": "The folder has changed. The index follows once the other work on it has ended.",
}
FOLLOWING_STILL = "The folder is being watched, and the index matches it."
REMOVE_TITLE = "Remove reports"
REMOVE_CHOICE = "Reports to remove"
REMOVE_PLACEHOLDER = "Choose reports"
REMOVE_BUTTON = "Remove"
UNDO = "Undo"
BRING_BACK = "Bring back {}"
DELETE = "Delete all of them for good …"
DELETE_SURE = "Delete for good"
DELETE_KEEP = "Keep them"
INDEX_NAME = "Index"
INDEX_BUILT = "Built"
INDEX_MODEL = "Model"
INDEX_SIZE = "Size"
INDEX_TITLE = "About the index"
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

# Verdicts on answers

VERDICT = "Is this right?"
RIGHT = "Right"
WRONG = "Wrong"
VERDICT_UNDO = "Take it back"
VERDICT_NOT_KEPT = "That has not been kept"
VERDICT_LIMITED = (
    "To say whether this is right, ask it without a standard or a kind of finding: a question "
    "that is kept is put to whole reports."
)
VERDICTS = {"right": "You said: right.", "wrong": "You said: wrong."}
VERDICT_BY_HAND = "Written by hand."
WRONG_CHOICE = "What does answer it?"
WRONG_TYPED = "A sentence that I copy into the box below"
WRONG_NONE = "The reports do not answer this"
WRONG_SENTENCE = "The sentence, as it stands in a report"
WRONG_KEEP = "Keep"
CANCEL = "Cancel"

# Quality

QUALITY = "Quality"
QUALITY_TITLE = "Quality"
QUALITY_LEAD = (
    "Questions whose answers are known, asked of the index on this machine. Nothing is sent "
    "anywhere."
)
SET_CHOICE = "Questions"
SETS = {"shipped": "Shipped questions", "own": "Your own questions"}
TO_ASK = "Ask a question"
OWN_BROKEN_TITLE = "A file of questions cannot be used"
OWN_EMPTY_TITLE = "There is no question of your own yet"
OWN_EMPTY_READERS = "Editors make them by saying whether an answer is right."
OWN_EMPTY = (
    "Ask one, then press “Right” or “Wrong” under its answer. It is kept here with what answers "
    "it, and can be run against every later index."
)
ABSENT_TITLE = "There is nothing to ask these questions of"
RUN_STOP = "Stop"
RUN_STOPPED = "The run was stopped; nothing of it has been kept."
RUN_FAILED = "The questions have not been run to the end"
NEVER_RUN = "These questions have not been run yet."
RESULT_BROKEN = "The last result cannot be shown"
DOUBTS_TITLE = "Mind this when you read the figures"
QUESTIONS_CHANGED = "The questions have changed since this run. Run them again."
REPORT_DOWNLOAD = "Download the report"
MAIN_CAPTION = "Main figures"
FIGURE = "Figure"
VALUE = "Value"
INTERVAL = "95 % interval"
QUESTIONS = "Questions"
PROMISE_CAPTION = "What no answer may have"
WHAT = "What"
COUNT = "Count"
MUST_BE_ZERO = "Must be 0"
KEPT = "✓ kept"
BROKEN = "! broken"
TYPE_CAPTION = "By type of question"
TYPE = "Type"
FIGURES = {
    "full credit": (
        "Answered in full",
        "every fact that is asked for, a right page cited, every quote word for word",
    ),
    "facts": ("Facts given", "share of the facts that are asked for"),
    "evidence quoted": ("Evidence quoted", "what was said to answer is in a quote"),
    "citation precision": ("Cited pages that answer", "share of the cited pages"),
    "citation recall": ("Pages needed and cited", "share of what has to be cited"),
    "page hit": ("A right page found", "among the first 5 passages"),
    "page hit@5": ("A right page found", ""),
    "evidence in 500 words": ("Evidence in 500 words", ""),
    "status right": ("Rightly answered or declined", ""),
    "answered": ("Answered", "questions that the reports do answer"),
    "AUROC": (
        "Confidence tells them apart",
        "AUROC: 1 when it is always higher where the reports answer, 0.5 by chance",
    ),
}
DECLINED_HELP = "rightly said to be not in the reports"
TYPES = {
    "why": "why",
    "fact_number": "number",
    "fact_entity": "name or thing",
    "rating": "rating",
    "table": "table",
    "list": "list",
    "comparison": "comparison",
    "multi_section": "several sections",
    "definition": "definition",
    "yes_no": "yes or no",
    "footnote": "footnote",
    "answerable": "answered by the reports",
    "unanswerable": "not in the reports",
    "near_miss_unanswerable": "near miss, not in the reports",
}
PLOTS_TITLE = "How far the confidence can be trusted"
PLOTS = ("Risk against coverage", "Calibration")
FAILURES_LEAD = "Choose a question to ask it and see its pages."
FAIL_TYPE = "Type"
FAIL_WRONG = "What was wrong"
FAIL_SAID = "Answer"
FAIL_CITED = "Cited"
FAIL_WANTED = "What answers it"
DECLINED = "Not in these reports."
NOTHING = "nothing"
WANTED_NONE = "The reports do not answer this."
OWN_SAID = "Verdict"
OWN_ASKED = "Asked of"
OWN_REMOVED = "A question has been removed"
PUT_BACK = "Put it back"

# Ratings at a glance

RATINGS = "Ratings"
RATINGS_TITLE = "Ratings at a glance"
RATINGS_LEAD = (
    "What each report rates, counts and recommends. Choose a value to see the page that says it, "
    "with the words marked."
)
FAMILIES = {"": "Reports of other kinds"}
DATES = {
    "given": "dated {}",
    "inspected": "inspected {}",
    "published": "published {}",
    "named": "{} in its title",
}
SCORE = "Score"
STANDARD = "Standard"
NOT_RATED = "–"
NOT_RATED_SPOKEN = "not rated"
NONE_LISTED = "0"
TALLIES = "How much each report lists"
LISTED = {
    "strength": "Strengths",
    "improvement": "Areas for improvement",
    "recommendation": "Recommendations",
    "progress": "Earlier recommendations followed up",
}
NOTHING_RATED_TITLE = "Reports without ratings"
NOTHING_RATED = "Nothing in these reports was read as a rating."
ALL_UNRATED_TITLE = "There are no ratings in these reports"
TWICE_TITLE = "Inspected more than once"
GLANCE_ONE_TITLE = "One report"
GLANCE_CHOICE = "Report"
PICTURE_TAB = "Picture"
TABLE_TAB = "Table"
PERCENT_AXIS = "Per cent"
KEY_QUESTIONS = "Key questions and their percentages"
THIS_REPORT = "This report"
BY_STANDARD = "What is listed under each standard"
WHOLE_REPORT = "The report as a whole"
PROGRESS_ON = "Progress on earlier recommendations"
READ_IT = "Read it on"
RATINGS_CSV = "Download all as CSV"
RATINGS_FILE = "ratings.csv"

# States of the index

NO_INDEX_TITLE = "There is no index yet"
NO_INDEX = "The reports have to be read once before they can be asked."
EMPTY_TITLE = "The library is empty"
EMPTY = "Add a PDF report in the library to begin."
EMPTY_HERE = "Add a PDF report to begin."
EMPTY_READERS = "Nobody has added a report yet. Editors do that in the library."
NO_INDEX_READERS = "The reports have to be read once before they can be asked. Editors begin that."
DAMAGED_TITLE = "The index cannot be used"
DAMAGED_WAY_OUT = "Rebuilding makes it again from the reports, which are not touched."
STALE_TITLE = "The library has changed since the index was built"
STALE_READERS = "Answers come from the reports as they were when the index was built."
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


def added(pages_: int, passages: int) -> str:
    """Return that a file has become a report.

    >>> added(12, 90)
    'Added, and can be asked now: 12 pages, 90 passages.'
    """
    sizes = f"{count(pages_, 'page')}, {count(passages, 'passage')}"
    return f"Added, and can be asked now: {sizes}."


def same_name(report: str) -> str:
    """Return that another file of a name is in the library.

    >>> same_name("leeds-2023")
    'Another file of the name leeds-2023 is in the library, and only one can have it.'
    """
    return f"Another file of the name {report} is in the library, and only one can have it."


def family(name: str) -> str:
    """Return what a family of reports is called.

    >>> family("probation delivery unit"), family("")
    ('Probation delivery unit', 'Not known')
    """
    return f"{name[:1].upper()}{name[1:]}" if name else "Not known"


def megabytes(size: int) -> str:
    """Return a size in bytes as one would say it.

    >>> megabytes(1_500_000), megabytes(20_000)
    ('1.5 MB', '0.1 MB')
    """
    return f"{max(0.1, size / 1e6):,.1f} MB"


def remove_hint(days: int) -> str:
    """Return what removing does.

    >>> remove_hint(30)
    'Removed reports leave the library and the index, and can be brought back for 30 days.'
    """
    gone = "Removed reports leave the library and the index"
    return f"{gone}, and can be brought back for {count(days, 'day')}."


def removed(reports: int) -> str:
    """Return that reports have been removed.

    >>> removed(1), removed(2)
    ('1 report has been removed', '2 reports have been removed')
    """
    return f"{count(reports, 'report')} {'has' if reports == 1 else 'have'} been removed"


def in_trash(reports: int) -> str:
    """Return the title over what has been removed.

    >>> in_trash(2)
    '2 removed reports'
    """
    return count(reports, "removed report")


def trash_hint(days: int) -> str:
    """Return how long removed reports are kept.

    >>> trash_hint(30)
    'Each is deleted for good 30 days after it was removed or replaced.'
    """
    return f"Each is deleted for good {count(days, 'day')} after it was removed or replaced."


def sure_to_delete(reports: int, size: int) -> str:
    """Return the question that is asked before removed reports are deleted.

    >>> sure_to_delete(2, 3_400_000)
    'Delete 2 removed reports (3.4 MB)? They cannot be brought back then.'
    """
    what = f"{count(reports, 'removed report')} ({megabytes(size)})"
    return f"Delete {what}? They cannot be brought back then."


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


def copy_link(number: int) -> str:
    """Return the name of the link to a source, for those who do not see where it stands.

    >>> copy_link(2)
    'Copy link to source 2'
    """
    return f"Copy link to source {number}"


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


def picture_of(page: int, report: str, lines: int, hits: int = 0) -> str:
    """Return what a picture shows, for those who do not see it.

    >>> picture_of(10, "leeds-2023", 2)
    'Picture of PDF page 10 of leeds-2023, 2 lines highlighted'
    >>> picture_of(10, "leeds-2023", 0, 3)
    'Picture of PDF page 10 of leeds-2023, no words highlighted, 3 hits marked'
    """
    marked = f", {count(hits, 'hit')} marked" if hits else ""
    return f"Picture of PDF page {page} of {report}, {highlighted(lines)}{marked}"


def found(words: str, here: int, total: int, pages_: int, place: int) -> str:
    """Return how often a report has words: on the page shown, in all, and on other pages.

    ``place`` is that of the hit that is looked at, counted from 1, or 0.

    >>> found("oil", 2, 5, 1, 4)
    'Hit 4 of 5 for “oil”, 2 of them on this page.'
    >>> found("oil", 2, 5, 1, 0)
    '“oil” is 2 times on this page and 5 times in the report.'
    >>> found("oil", 0, 5, 2, 0), found("oil", 0, 0, 0, 0)
    ('“oil” is not on this page, and 5 times on 2 other pages.', '“oil” is not in this report.')
    """
    if not total:
        return f"“{words}” is not in this report."
    if not here:
        where = count(pages_, "other page")
        return f"“{words}” is not on this page, and {count(total, 'time')} on {where}."
    if place:
        return f"Hit {place} of {total} for “{words}”, {here} of them on this page."
    often = count(here, "time")
    return f"“{words}” is {often} on this page and {count(total, 'time')} in the report."


def filters(active: int) -> str:
    """Return the label of what opens the filters, with how many are on.

    >>> filters(0), filters(2)
    ('Filters', 'Filters (2 on)')
    """
    return f"Filters ({active} on)" if active else "Filters"


def filter_off(name: str, values: Sequence[str]) -> str:
    """Return the label of the button that lifts a filter.

    >>> filter_off("Year", ["2024", "2025"])
    'Year: 2024 or 2025'
    """
    return f"{name}: {' or '.join(values)}"


def without_filter(name: str, passages: int) -> str:
    """Return the label of the button that lifts a filter where nothing is left.

    >>> without_filter("Year", 1200), without_filter("", 3)
    ('Without “Year”: 1,200 passages', 'Without any filter: 3 passages')
    """
    what = f"“{name}”" if name else "any filter"
    return f"Without {what}: {count(passages, 'passage')}"


def with_reports(name: str, reports: int) -> str:
    """Return a value of a filter with the number of reports that have it.

    >>> with_reports("Leeds", 2)
    'Leeds · 2 reports'
    """
    return f"{name} · {count(reports, 'report')}"


def unknown_value(name: str) -> str:
    """Return a value of a filter that no report has.

    >>> unknown_value("Atlantis")
    'Atlantis · not in this library'
    """
    return f"{name} · not in this library"


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


def asking_of(number: int, reports: int) -> str:
    """Return which report of a comparison is being asked.

    >>> asking_of(2, 4)
    'Asking report 2 of 4 …'
    """
    return f"Asking report {number} of {reports} …"


def change_in(direction: str, points: float | None) -> str:
    """Return what changed, in words.

    >>> change_in("better", None), change_in("better", 3.0), change_in("down", -1.0)
    ('Better', 'Better, by 3', 'Down 1 point')
    >>> change_in("same", 0.0), change_in("up", 14.5)
    ('The same', 'Up 14.5 points')
    """
    if direction in ("up", "down"):
        by = abs(points or 0.0)
        return f"{direction.capitalize()} {by:g} {'point' if by == 1 else 'points'}"
    said = CHANGES[direction]
    return f"{said}, by {abs(points):g}" if points and direction in ("better", "worse") else said


def changed_ratings(better: int, worse: int, same: int) -> str:
    """Return how many ratings moved, in one sentence.

    >>> changed_ratings(5, 1, 2), changed_ratings(1, 0, 0)
    ('5 ratings are better, 1 is worse and 2 are the same.', '1 rating is better.')
    """
    told = [(better, "better"), (worse, "worse"), (same, "the same")]
    said = [(number, how) for number, how in told if number]
    if not said:
        return ""
    parts_ = [f"{number} {'is' if number == 1 else 'are'} {how}" for number, how in said]
    number = said[0][0]
    parts_[0] = parts_[0].replace(f"{number} ", f"{count(number, 'rating')} ", 1)
    return f"{' and '.join(filter(None, [', '.join(parts_[:-1]), parts_[-1]]))}."


def since(later: str, day: str, earlier: str) -> str:
    """Return the name of a comparison of two inspections.

    >>> since("Fenmarsh", "May 2025", "June 2023"), since("Fenmarsh", "", "")
    ('Fenmarsh: May 2025 since June 2023', 'Fenmarsh: later since earlier inspection')
    """
    return f"{later}: {day or 'later'} since {earlier or 'earlier inspection'}"


def answer_of(title: str) -> str:
    """Return the name of one report's answer among others.

    >>> answer_of("Of lighthouses")
    'Answer of Of lighthouses'
    """
    return f"Answer of {title}"


def score_of(subject: str) -> str:
    """Return the name of a score, which has that of what is rated.

    >>> score_of("Overall")
    'Overall score'
    """
    return f"{subject} score"


def short_page(label: str, number: int) -> str:
    """Return a page in as few words as will do, for a link of a table.

    >>> short_page("iii", 3), short_page("", 3)
    ('page iii', 'PDF page 3')
    """
    return f"page {label}" if label else f"PDF page {number}"


def show_page_of(label: str, number: int, words: str) -> str:
    """Return the name of a link that shows words on their page, for those who do not see it.

    >>> show_page_of("iii", 3, "Oil: Good")
    'Show Printed page iii · PDF page 3: Oil: Good'
    """
    return f"Show {pages(label, number)}: {words}"


def asked_on(moment: str, reports: str, filters: str, caution: str) -> str:
    """Return when a question was asked, of which reports and how, for the record.

    >>> asked_on("24 May 2026, 10:05 UTC", "all reports", "Year: 2024", "strict")
    'Asked on 24 May 2026, 10:05 UTC of all reports. Filters: Year: 2024. Caution: Strict.'
    >>> asked_on("", "all reports", "", "balanced")
    'Asked of all reports. Filters: none. Caution: Balanced.'
    """
    asked = f"Asked on {moment} of {reports}." if moment else f"Asked of {reports}."
    return f"{asked} Filters: {filters or 'none'}. Caution: {CAUTIONS.get(caution, caution)}."


def place(title: str, numbers: Sequence[int]) -> str:
    """Return a report and pages of its PDF.

    >>> place("Of lights", [10]), place("", [3, 4])
    ('Of lights, PDF page 10', 'PDF pages 3 and 4')
    """
    listed = [str(number) for number in numbers]
    where = f"PDF page {''.join(listed)}"
    if len(listed) > 1:
        where = f"PDF pages {', '.join(listed[:-1])} and {listed[-1]}"
    return f"{title}, {where}" if title else where


def verdict_answer(evidence: int) -> str:
    """Return what is kept with a verdict.

    >>> verdict_answer(0)
    'Kept on this machine as not answered by the reports.'
    >>> verdict_answer(2)
    'Kept on this machine with 2 quotes, each of which answers it.'
    """
    if not evidence:
        return "Kept on this machine as not answered by the reports."
    if evidence == 1:
        return "Kept on this machine with 1 quote that answers it."
    return f"Kept on this machine with {evidence:,} quotes, each of which answers it."


def asked_of(done_: int, total: int) -> str:
    """Return how many questions of a run have been asked.

    >>> asked_of(3, 50)
    '3 of 50 questions asked'
    """
    return f"{done_:,} of {count(total, 'question')} asked"


def run_button(questions: int) -> str:
    """Return the label of the button that runs a set.

    >>> run_button(50)
    'Run the 50 questions'
    """
    return f"Run the {count(questions, 'question')}"


def right_of(right: int, total: int) -> str:
    """Return how a set did in one line.

    >>> right_of(41, 50)
    '41 of 50 questions with nothing wrong'
    """
    return f"{right:,} of {count(total, 'question')} with nothing wrong"


def run_facts(day: str, moment: str, snapshot: str, seconds: float) -> list[tuple[str, str]]:
    """Return when a run was, on which index, and how long it took.

    >>> run_facts("5 July 2024", "2024-07-05T08:03:00Z", "000001-ab", 12.3)
    [('Run on', '5 July 2024, 08:03 UTC'), ('Index', '000001-ab'), ('Took', '12.3 seconds')]
    """
    return [
        ("Run on", f"{day}, {moment[11:16]} UTC"),
        ("Index", snapshot),
        ("Took", f"{seconds:.1f} seconds"),
    ]


def report_title(questions: str, day: str, snapshot: str) -> str:
    """Return the title of the report of a run that can be saved.

    >>> report_title("digest.jsonl", "5 July 2024", "000001-ab")
    'Evaluation on digest.jsonl, 5 July 2024, index 000001-ab'
    """
    return f"Evaluation on {questions}, {day}, index {snapshot}"


def other_snapshot(run: str, current: str) -> str:
    """Return that a run was on another index than the one that answers now."""
    return f"This run was on the index {run}; the index in service is {current}. Run them again."


def left_out(questions: int, reports: Sequence[str]) -> str:
    """Return which questions are left out because their reports are not there.

    >>> left_out(1, ["leeds"])
    '1 question is left out: it needs leeds, which the library does not have.'
    """
    one = questions == 1
    named = ", ".join(reports)
    return (
        f"{count(questions, 'question')} {'is' if one else 'are'} left out: "
        f"{'it needs' if one else 'they need'} {named}, which the library does not have."
    )


def shipped_absent(report: str) -> str:
    """Return why the shipped questions cannot be run."""
    return (
        f"The shipped questions are about the report {report}, which is not in the library, so "
        "there is nothing to score. It comes with the program in the folder data/reports."
    )


def limited_to(report: str) -> str:
    """Return that the questions were put to one report alone."""
    return f"The library has other reports too, so the questions were put to {report} alone."


def failures(number: int) -> str:
    """Return the title over the questions with something wrong.

    >>> failures(0), failures(1)
    ('No question has anything wrong', '1 question with something wrong')
    """
    if not number:
        return "No question has anything wrong"
    return f"{count(number, 'question')} with something wrong"


def show_all(number: int) -> str:
    """Return the label of the button that shows what was left out of a list.

    >>> show_all(31)
    'Show all 31'
    """
    return f"Show all {number:,}"


def type_name(name: str) -> str:
    """Return the type of a question in words.

    >>> type_name("fact_number"), type_name("cross_report")
    ('number', 'cross report')
    """
    return TYPES.get(name, name.replace("_", " "))


def declined(kind: str) -> str:
    """Return the name of the share of questions of a type that were declined.

    >>> declined("not in the reports")
    'Declined: not in the reports'
    """
    return f"Declined: {kind}"


def between(low: str, high: str) -> str:
    """Return an interval.

    >>> between("74 %", "94 %")
    '74 % to 94 %'
    """
    return f"{low} to {high}"


def confidence(value: float) -> str:
    """Return how confident an answer was.

    >>> confidence(0.914)
    'confidence 0.91'
    """
    return f"confidence {value:.2f}"


def own_title(number: int) -> str:
    """Return the title over a visitor's own questions.

    >>> own_title(1)
    '1 question of your own'
    """
    return f"{count(number, 'question')} of your own"


def own_where(path: str) -> str:
    """Return where a visitor's own questions are kept."""
    return f"Kept in {path}, the latest first. Choose a question to ask it."


def remove_question(number: int) -> str:
    """Return the label of the button that removes a question of a numbered list.

    >>> remove_question(3)
    'Remove question 3'
    """
    return f"Remove question {number}"


def rated_by(family: str, reports: int) -> str:
    """Return the caption of a table of ratings.

    >>> rated_by("Probation delivery unit", 3), rated_by("Area SEND", 1)
    ('Probation delivery unit: 3 reports', 'Area SEND: 1 report')
    """
    return f"{family}: {count(reports, 'report')}"


def timeline_of(place: str) -> str:
    """Return the caption of the inspections of one place.

    >>> timeline_of("Leeds")
    'Leeds, inspection by inspection'
    """
    return f"{place}, inspection by inspection"


def inspection(when: str, report: str) -> str:
    """Return the name of one inspection of a place, with its report where its date is not enough.

    >>> inspection("May 2025", ""), inspection("May 2025", "leeds-2025")
    ('May 2025', 'May 2025 (leeds-2025)')
    """
    return f"{when} ({report})" if report else when


def on_page(page: int) -> str:
    """Return where a value stands, in few words.

    >>> on_page(4)
    'page 4'
    """
    return f"page {page}"


def figure_before(now: str, before: str) -> str:
    """Return a figure with that of the inspection before.

    >>> figure_before("55%", "31%")
    '55%, before 31%'
    """
    return f"{now}, before {before}"


def bars_said(report: str, questions: int) -> str:
    """Return what the picture of a report's key questions shows.

    >>> bars_said("Leeds, May 2025", 12)
    'Bars of the percentages of 12 key questions, Leeds, May 2025; the table has the same'
    """
    questions_ = count(questions, "key question")
    return f"Bars of the percentages of {questions_}, {report}; the table has the same"


def timeline_said(place: str, inspections: int) -> str:
    """Return what the picture of a place's inspections shows.

    >>> timeline_said("Leeds", 2)
    'Ratings of Leeds at 2 inspections, a line for each standard; the table has the same'
    """
    times = count(inspections, "inspection")
    return f"Ratings of {place} at {times}, a line for each standard; the table has the same"


def word_for_word(kind: str, number: int) -> str:
    """Return the label over what a report lists.

    >>> word_for_word("Strengths", 31)
    'Strengths, word for word (31)'
    """
    return f"{kind}, word for word ({number:,})"

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

# Verdicts on answers

VERDICT = "Is this right?"
RIGHT = "Right"
WRONG = "Wrong"
VERDICT_UNDO = "Take it back"
VERDICT_NOT_KEPT = "That has not been kept"
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
    "What each report rates, counts and recommends. Every value is a link to the page that says it."
)
FAMILIES = {"": "Reports of other kinds"}
DATES = {
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
ONE_TITLE = "One report"
ONE_CHOICE = "Report"
PICTURE_TAB = "Picture"
TABLE_TAB = "Table"
PERCENT_AXIS = "Per cent of the cases inspected that were answered “yes”"
KEY_QUESTIONS = "Key questions and their percentages"
THIS_REPORT = "This report"
BY_STANDARD = "What is listed under each standard"
WHOLE_REPORT = "The report as a whole"
PROGRESS_ON = "Progress on earlier recommendations"
READ_IT = "Read it on"
RATINGS_CSV = "Download all as CSV"
RATINGS_FILE = "ratings.csv"
RATINGS_HINT = "Choose a value to see the page that says it, with the words marked."

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


def place(title: str, numbers: Sequence[int]) -> str:
    """Return a report and pages of its PDF.

    >>> place("Of lights", [10]), place("Of lights", [3, 4])
    ('Of lights, PDF page 10', 'Of lights, PDF pages 3 and 4')
    """
    listed = [str(number) for number in numbers]
    if len(listed) < 2:
        return f"{title}, PDF page {''.join(listed)}"
    return f"{title}, PDF pages {', '.join(listed[:-1])} and {listed[-1]}"


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

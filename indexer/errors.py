"""Everything that can go wrong between a PDF and a published index.

::

    IndexerError
    ├── ReportRefused            one PDF cannot be taken; the others go on
    │   ├── NotAPdf
    │   ├── DamagedPdf
    │   ├── EncryptedPdf
    │   ├── NoPages
    │   ├── NoText
    │   ├── TooLarge
    │   ├── OverLimit            reading it takes more memory, time or room than a file may
    │   ├── ReaderFailed         the reading process broke off, or gave back no report
    │   ├── PassingRefusal       it lies in the moment, not in the file
    │   ├── BadName
    │   ├── BadZip               an archive, not one PDF: nothing of it is taken
    │   └── DuplicateReport      with the report that is there already
    ├── UnknownReport            no report of that id in the library
    ├── NotRemoved               nothing was removed under that key, or it cannot come back
    ├── BadDetails               what is said of a report cannot be used, or not be read
    ├── IndexMissing             there is no index yet
    ├── IndexDamaged             a file of the index is not what the manifest says
    ├── ModelMismatch            the index was made with another embedding model
    ├── ModelMissing             the embedding model cannot be loaded
    ├── ReaderMissing            no reading process can be started
    ├── OcrFailed                a page that is a picture could not be read
    ├── BuildLocked              another process is building
    ├── BadStore                 the address of a store is none
    ├── StoreFailed              a store does not answer, or refuses
    │   └── StoreBehind          it does not hold the snapshot that is in service
    ├── ClusterFailed            no workers, or they broke off, or they are of another version
    └── DiskFailed               the system would not write, move, remove or open a file

Every message gives the value, the rule and the way out.
"""

from __future__ import annotations


class IndexerError(Exception):
    """Something the user can read, understand and act on."""


class ReportRefused(IndexerError):
    """One PDF cannot be taken into the library."""


class NotAPdf(ReportRefused):
    """The file is not a PDF."""


class DamagedPdf(ReportRefused):
    """The file begins as a PDF but no engine can open it."""


class EncryptedPdf(ReportRefused):
    """The file needs a password."""


class NoPages(ReportRefused):
    """The file has no pages."""


class NoText(ReportRefused):
    """No page of the file has text."""


class TooLarge(ReportRefused):
    """The file or its number of pages is over the limit."""


class OverLimit(ReportRefused):
    """Reading the file takes more memory, time or room than one file may."""


class ReaderFailed(ReportRefused):
    """The process that read the file broke off, or gave back what is no report."""


class PassingRefusal(ReportRefused):
    """The refusal lies in the moment, not in the file: the next build tries again."""


class BadName(ReportRefused):
    """The file name cannot be a report id."""


class BadZip(ReportRefused):
    """The file is no zip archive that can be opened."""


class DuplicateReport(ReportRefused):
    """The same report, or another version of it, is in the library already.

    ``report`` is the id of the one that is there, and ``kind`` what the new one is to it: the
    "same" bytes, another file of the same "name", or of the same place or title and "newer" or
    "older".
    """

    def __init__(self, sentence: str, *, report: str = "", kind: str = "same") -> None:
        super().__init__(sentence)
        self.report, self.kind = report, kind


class UnknownReport(IndexerError):
    """There is no report of that id in the library."""


class NotRemoved(IndexerError):
    """No report was removed under that key, or it cannot come back as things are."""


class BadDetails(IndexerError):
    """What a person says of a report cannot be used, or the file of it cannot be read."""


class IndexMissing(IndexerError):
    """There is no index in the folder."""


class IndexDamaged(IndexerError):
    """A file of the index is missing or is not what the manifest says."""


class ModelMismatch(IndexerError):
    """The index was made with another embedding model than the one asked with."""


class ModelMissing(IndexerError):
    """The embedding model cannot be loaded."""


class ReaderMissing(IndexerError):
    """No process that reads PDFs can be started."""


class OcrFailed(IndexerError):
    """The program that reads pictures of pages failed on one."""


class BuildLocked(IndexerError):
    """Another process is building this index."""


class BadStore(IndexerError):
    """The address of a store is not one."""


class StoreFailed(IndexerError):
    """A store does not answer, or does not do what it is asked to."""


class StoreBehind(StoreFailed):
    """A store does not hold the snapshot that is in service, or not all of it."""


class ClusterFailed(IndexerError):
    """There are no workers to read and embed, they broke off, or they are of another version."""


class DiskFailed(IndexerError):
    """The system would not write, move, remove or open a file: a full disk, a fault, no right."""

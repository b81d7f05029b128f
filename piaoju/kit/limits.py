"""A limit on everything that can grow, and why."""

BODY_BYTES_MAX = 2 * 1024 * 1024  # one bill with 5,000 auxiliary lines is under 1.5 MB
LINES_MAX = 1_000
AUX_LINES_MAX = 5_000
GROUP_BILLS_MAX = 64  # one commit: more gains nothing and holds counters longer
QUEUE_BILLS_MAX = 2_048  # two seconds of work; past that 503 with Retry-After
FILE_BYTES_MAX = 50 * 1024 * 1024  # a file given to `piaoju verify`
ARCHIVE_ENTRIES_MAX = 1_000
ARCHIVE_RATIO_MAX = 100

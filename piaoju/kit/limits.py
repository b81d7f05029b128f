"""A limit on everything that can grow, and why."""

BODY_BYTES_MAX = 2 * 1024 * 1024  # one bill with 5,000 auxiliary lines is under 1.5 MB
LINES_MAX = 1_000
AUX_LINES_MAX = 5_000
GROUP_BILLS_MAX = 64  # one commit: more gains nothing and holds counters longer
QUEUE_BILLS_MAX = 2_048  # two seconds of work; past that 503 with Retry-After
FILE_BYTES_MAX = 50 * 1024 * 1024  # a file given to `piaoju verify`
ARCHIVE_ENTRIES_MAX = 1_000
ARCHIVE_RATIO_MAX = 100
BATCH_BYTES_MAX = 32 * 1024 * 1024  # 50,000 rows of tuition are 2 MB as .xlsx, 20 MB as bodies in NDJSON
BATCH_ROWS_MAX = 100_000  # a whole university's year; held in memory while it is read: about 2 kB a row
BATCH_CHUNK_BILLS = 256  # one transaction of a batch: counters are held for some milliseconds, a kill costs at most these
BUSINESS_NUMBER_CHARACTERS_MAX = 50

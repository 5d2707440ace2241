"""Writes the files of this folder: the same three rows as other programs write them. pip install pyarrow duckdb; python make.py"""

import datetime
import decimal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

UTC = datetime.timezone.utc
MOMENT = datetime.datetime(2026, 11, 20, 1, 2, 3, 456000, tzinfo=UTC)
TIMES = [MOMENT, datetime.datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC), None]
KINDS, CODES = ["bounce", "delay", None], [550, None, 421]
ADDRESSES, COUNTS = ["ann@example.com", None, "bob@example.net"], [1, 250, 40_000]
KEYS, FLAGS = [-5, 7, None], [True, False, None]


def table(**types):
    """The rows in these Arrow types; a column of no type is left out."""
    columns = dict(
        kind=KINDS, reply_code=CODES, recipient=ADDRESSES, count=COUNTS, recipient_key=KEYS, by_mail=FLAGS, timestamp=TIMES
    )
    return pa.table({name: pa.array(cells).cast(types[name]) for name, cells in columns.items() if name in types})


words = pa.dictionary(pa.int32(), pa.string())
plain = dict(kind=pa.string(), recipient=pa.string(), recipient_key=pa.int64(), by_mail=pa.bool_())

pq.write_table(
    table(**plain | dict(reply_code=pa.int32(), count=pa.int64(), timestamp=pa.timestamp("us", "UTC"))), "pyarrow.parquet"
)
pq.write_table(
    table(
        kind=words, recipient=pa.large_string(), recipient_key=pa.int64(), by_mail=pa.bool_(),
        reply_code=pa.uint16(), count=pa.uint64(), timestamp=pa.timestamp("ns", "Europe/Berlin"),
    ),
    "dictionaries.parquet",
)
# As Spark has them: an unsigned 64 bits becomes a decimal, times have 96 bits.
spark = table(**plain | dict(reply_code=pa.int64(), count=pa.decimal128(20, 0), timestamp=pa.timestamp("us")))
pq.write_table(spark, "spark.parquet", use_deprecated_int96_timestamps=True, store_schema=False)
# Times without a zone are UTC.
pq.write_table(table(**plain | dict(reply_code=pa.uint32(), count=pa.decimal128(19, 0), timestamp=pa.timestamp("ns"))), "naive.parquet")

rows = table(**plain | dict(reply_code=pa.int32(), count=pa.int64(), timestamp=pa.timestamp("us", "UTC")))
duckdb.sql("set timezone = 'UTC'")
duckdb.sql("create type kinds as enum ('delay', 'bounce')")
duckdb.sql(
    "copy (select kind::kinds kind, reply_code, recipient, count, recipient_key, by_mail, timestamp from rows)"
    " to 'duckdb.parquet' (format parquet)"
)

# What cannot be ours.
pq.write_table(pa.table({"reply_code": pa.array([550], pa.int16())}), "int16.parquet")
pq.write_table(pa.table({"count": pa.array([decimal.Decimal("1.50")], pa.decimal128(10, 2))}), "fractions.parquet")
pq.write_table(pa.table({"count": pa.array([1.0])}), "floats.parquet")
pq.write_table(pa.table({"timestamp": pa.array([datetime.date(2026, 11, 20)])}), "dates.parquet")
pq.write_table(pa.table({"reply_code": pa.array(["550"])}), "words.parquet")
pq.write_table(pa.table({"recipient": pa.array([{"local": "ann"}])}), "structs.parquet")
pq.write_table(pa.table({"kind": pa.array(["bounce", "bounced"])}), "unknown_word.parquet")
pq.write_table(pa.table({"count": pa.array([2**63], pa.uint64())}), "too_large.parquet")
pq.write_table(pa.table({"reply_code": pa.array([2**40], pa.int64())}), "too_wide.parquet")
newer = pa.table({"kind": pa.array(["bounce"])}).replace_schema_metadata({"bouncescope.schema_version": "999"})
pq.write_table(newer, "newer.parquet")

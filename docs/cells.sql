-- Cells: what a night is judged on, as SQL over its Parquet files (DuckDB; any engine with views and group by will do).
-- A unit is a recipients' domain, a consumer domain cut into 16 buckets. Counts are integers, so shards may be summed.
-- Views that this reads: events, deliveries (the files of the night, or of all its shards), consumers(domain).

-- Rows that are counted: they failed, waited or drew a complaint, name their recipient, and match what was sent.
CREATE OR REPLACE VIEW counted AS
SELECT *, recipient_domain AS domain
FROM events
WHERE family IS NOT NULL AND recipient_key IS NOT NULL AND recipient_domain IS NOT NULL
  AND unproven IS DISTINCT FROM 'unmatched';

-- Deliveries that a bounce does not deny: a row counts unless a bounce names the same message and recipient.
CREATE OR REPLACE VIEW accepted AS
SELECT *, recipient_domain AS domain
FROM deliveries
WHERE NOT EXISTS (
  FROM counted
  WHERE counted.kind = 'bounce' AND counted.message_id = deliveries.message_id
    AND counted.recipient_key = deliveries.recipient_key
);

-- Failures by unit, our side and family.
CREATE OR REPLACE VIEW cells AS
SELECT domain, CASE WHEN domain IN (SELECT domain FROM consumers) THEN bucket ELSE 0 END AS bucket,
  sending_ip, sending_domain, campaign_id, list_source, family, count(*) AS failures
FROM counted
GROUP BY ALL;

-- The receiver of a domain is voted for by the hosts that answered for it, in both files; where no host is known, by the
-- words of replies without a host, if these are more than the rows that name a host of nobody's.
CREATE OR REPLACE VIEW receivers_of AS
WITH answers AS (
  SELECT domain, receiver_family, remote_mta IS NOT NULL AND NOT regexp_matches(remote_mta, '^[][0-9a-f.:]+$') AS by_host, 1 AS n
  FROM counted
  UNION ALL
  SELECT recipient_domain, receiver_family, remote_mta IS NOT NULL AND NOT regexp_matches(remote_mta, '^[][0-9a-f.:]+$'), count
  FROM deliveries
), sums AS (
  SELECT domain, receiver_family, by_host, sum(n) AS answers FROM answers GROUP BY ALL
)
SELECT domain, receiver_family, answers
FROM sums
WHERE receiver_family IS NOT NULL AND (by_host
  OR NOT EXISTS (FROM sums AS other WHERE other.domain = sums.domain AND other.by_host AND other.receiver_family IS NOT NULL)
  AND answers > coalesce((SELECT sum(answers) FROM sums AS other WHERE other.domain = sums.domain AND other.by_host), 0));

-- domains.csv, codes.csv and domain_codes.csv, once more, from events.parquet and deliveries.parquet. Beside the views of
-- docs/cells.sql this reads places(domain, organisation, pool): who decides for a domain, and families(name, family).

CREATE OR REPLACE VIEW bounced AS
SELECT *, coalesce(cause, 'unknown') AS named FROM counted WHERE kind NOT IN ('delay', 'complaint');

CREATE OR REPLACE VIEW domains AS
SELECT domain,
  count(*) FILTER (kind NOT IN ('delay', 'complaint')) AS bounces,
  count(*) FILTER (kind = 'delay') AS delays,
  count(*) FILTER (kind = 'complaint') AS complaints
FROM counted GROUP BY domain;

CREATE OR REPLACE VIEW causes AS
SELECT domain, string_agg(named || '=' || n, ' ' ORDER BY n DESC, named) AS causes
FROM (SELECT domain, named, count(*) AS n FROM bounced GROUP BY ALL) GROUP BY domain;

-- All incidents that own most bounces of a domain: of equals any may stand in the file.
CREATE OR REPLACE VIEW owners AS
SELECT domain, list(incident) AS incidents
FROM (
  SELECT domain, incident, rank() OVER (PARTITION BY domain ORDER BY count(*) DESC) AS place
  FROM bounced WHERE incident IS NOT NULL GROUP BY domain, incident
)
WHERE place = 1 GROUP BY domain;

CREATE OR REPLACE VIEW delivered AS
SELECT domain, sum(count)::BIGINT AS delivered FROM accepted GROUP BY domain;

CREATE OR REPLACE VIEW domain_table AS
SELECT domain, bounces, delays, complaints, coalesce(delivered, 0) AS delivered, causes, incidents
FROM domains LEFT JOIN causes USING (domain) LEFT JOIN owners USING (domain) LEFT JOIN delivered USING (domain);

CREATE OR REPLACE VIEW spoken AS
SELECT bounced.*, coalesce(families.family, rejecting_system) AS speaker, coalesce(places.organisation, 'pool ' || pool, domain) AS decider
FROM bounced
LEFT JOIN families ON families.name = rejecting_system
LEFT JOIN places USING (domain)
WHERE kind = 'bounce';

-- The most frequent template of a code; of equals the first by its bytes.
CREATE OR REPLACE VIEW templates AS
SELECT reply_code, status, named, speaker, first(template ORDER BY n DESC, template) AS template
FROM (SELECT reply_code, status, named, speaker, template, count(*) AS n FROM spoken WHERE template IS NOT NULL GROUP BY ALL)
GROUP BY ALL;

CREATE OR REPLACE VIEW codes AS
SELECT reply_code, status, named, speaker, count(*) AS bounces, count(DISTINCT decider) AS organisations
FROM spoken GROUP BY ALL;

CREATE OR REPLACE VIEW code_table AS
SELECT codes.reply_code, codes.status, codes.named AS cause, codes.speaker AS receiver, bounces, organisations, template
FROM codes LEFT JOIN templates
ON templates.reply_code IS NOT DISTINCT FROM codes.reply_code AND templates.status IS NOT DISTINCT FROM codes.status
  AND templates.named = codes.named AND templates.speaker IS NOT DISTINCT FROM codes.speaker;

CREATE OR REPLACE VIEW domain_code_table AS
SELECT domain, reply_code, status, named AS cause, count(*) AS bounces FROM bounced GROUP BY ALL;

-- What a list of searches shows as it changes: the course of the best, and how often what was found.
ALTER TABLE "searches"
  ADD COLUMN "improvements" JSONB NOT NULL DEFAULT '[]',
  ADD COLUMN "found" JSONB NOT NULL DEFAULT '{}';

UPDATE "searches" s SET "improvements" = i.list FROM (
  SELECT "search_id", jsonb_agg(jsonb_build_object('number', "data"->'number', 'value', "data"->'value', 'stage', coalesce("data"->'stage', '0')) ORDER BY "seq") AS list
  FROM (
    SELECT *, row_number() OVER (PARTITION BY "search_id" ORDER BY "seq" DESC) AS back FROM "events"
    WHERE "type" = 'trial.complete' AND "data"->'best' = 'true' AND "data"->'value' <> 'null'
  ) e WHERE back <= 100 GROUP BY "search_id"
) i WHERE i."search_id" = s."id";

UPDATE "searches" s SET "found" = f.counts FROM (
  SELECT "search_id", jsonb_object_agg(code, trials) AS counts FROM (
    SELECT "search_id", code, count(*) AS trials FROM "trials", unnest("found") code
    WHERE "state" IN ('complete', 'pruned', 'failed', 'cancelled') GROUP BY "search_id", code
  ) c GROUP BY "search_id"
) f WHERE f."search_id" = s."id";

ALTER TABLE "searches" ADD COLUMN "traceparent" TEXT;

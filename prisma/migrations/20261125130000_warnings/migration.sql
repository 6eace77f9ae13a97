-- What was said of a search when it was created: that nothing varies, or what another search's best could not give it.
ALTER TABLE "searches" ADD COLUMN "warnings" JSONB NOT NULL DEFAULT '[]';

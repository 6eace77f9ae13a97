ALTER TABLE "searches" DROP COLUMN "direction";

# One image for every kind of process: the API by default, `worker` for a worker.
#
#   docker build -t hypersearch .
#   docker run -e DATABASE_URL=… -e REDIS_URL=… -e HYPERSEARCH_ADMIN_KEY=… -p 127.0.0.1:3000:3000 hypersearch
#   docker run -e DATABASE_URL=… -e REDIS_URL=… hypersearch worker
#
# It has no HEALTHCHECK, since a worker has no HTTP: docker-compose.yml checks the API. npm run verify:image tries it all.

ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS base
# What Debian has repaired since that image was made.
RUN apt-get update -qq && apt-get upgrade -y -qq >/dev/null && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log
WORKDIR /app

FROM base AS build
# A C compiler, for the kernels; it stays in this stage.
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends gcc libc6-dev >/dev/null
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
# Whoever keeps the sources to themselves would else make an image that its own user cannot read.
RUN npm run build \
 && find dist -name '*.map' -delete \
 && chmod -R a+rX dist prisma datasets examples package.json

FROM base AS dependencies
COPY package.json package-lock.json .npmrc ./
# Without the embedded Postgres, which is optional, and without what only compilers, debuggers and other databases read:
# @prisma/client alone carries 65 MB of query compilers, in two formats, for databases that are not Postgres; @opentelemetry is there three times.
RUN npm ci --omit=dev --omit=optional \
 && find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete \
 && find node_modules/@prisma/client/runtime -type f ! -name client.js \
      ! -name 'query_compiler_fast_bg.postgresql*.mjs' -delete \
 && find node_modules/@opentelemetry -type d \( -name esm -o -name esnext \) -prune -exec rm -rf {} +

FROM base
LABEL org.opencontainers.image.title="hypersearch" \
      org.opencontainers.image.description="A hyperparameter-search web service that babysits every network it trains" \
      org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production HYPERSEARCH_HOST=0.0.0.0
# All of it belongs to root: the service reads it, and writes to Postgres and Redis alone.
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/package.json ./
COPY --from=build /app/prisma/migrations ./prisma/migrations
COPY --from=build /app/datasets ./datasets
COPY --from=build /app/examples ./examples
COPY --from=build /app/dist/web ./dist/web
COPY --from=build /app/dist/kernels ./dist/kernels
COPY --from=build /app/dist/models ./dist/models
COPY --from=build /app/dist/service ./dist/service
# A number, so that a cluster can see that it is not root. Nobody has it outside.
USER 10001:10001
EXPOSE 3000
# Node itself is the first process: SIGTERM reaches it, and ends it in order.
ENTRYPOINT ["node", "dist/service/main.js"]
CMD ["api"]

# The service alone, on a file system that it cannot write: only /data is its own.

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tools tools
COPY apps apps
COPY libs libs
RUN npm run build

FROM node:24-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The optional packages are the Node that a machine without Node 24 needs.
RUN npm ci --omit=dev --omit=optional

FROM node:24-slim
WORKDIR /app
ENV NODE_ENV=production COUNTERSIGN_LISTEN=0.0.0.0:8080 COUNTERSIGN_DATA_DIR=/data
RUN install --directory --mode=0700 --owner=node --group=node /data
COPY package.json ./
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/dist dist
USER node
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/readyz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Off loopback nothing is served in the clear: TLS is ended in front of it, and
# COUNTERSIGN_TLS_ENDED_BY_PROXY=yes says so.
CMD ["node", "--min-semi-space-size=32", "--v8-pool-size=1", "dist/apps/server/src/main.js"]

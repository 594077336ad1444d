# Builds Chinwag from source: first the web client, then the binary that contains it. The final image has only the binary.
FROM node:20-bookworm-slim AS web
WORKDIR /source
COPY package.json package-lock.json .npmrc tsconfig.base.json ./
COPY packages packages
COPY web web
RUN npm ci --no-audit --no-fund && npm run build

FROM rust:1.95-bookworm AS binary
WORKDIR /source
COPY . .
COPY --from=web /source/web/dist web/dist
RUN cargo build --locked --release -p chinwag

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/* && useradd --system --home /data --create-home chinwag
COPY --from=binary /source/target/release/chinwag /usr/local/bin/chinwag
USER chinwag
VOLUME /data
ENV CHINWAG_DATA=/data
EXPOSE 8080 1883 8083
ENTRYPOINT ["chinwag"]
CMD ["serve"]

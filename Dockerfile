# parcelwise as an image: one command, `parcelwise`, for every role.
FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:20-bookworm-slim
ENV NODE_ENV=production PARCELWISE_SCRATCH=/scratch
COPY --from=build /app /app
RUN ln -s /app/dist/cli/main.js /usr/local/bin/parcelwise && chmod +x /app/dist/cli/main.js \
    && install -d -o node -g node /scratch
USER node
WORKDIR /home/node
VOLUME /scratch
ENTRYPOINT ["parcelwise"]
CMD ["--help"]

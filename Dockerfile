# asyncrl in a container:
#
#     docker build -t asyncrl .
#     docker run --rm -it -v asyncrl-runs:/srv/asyncrl/runs asyncrl train a3c \
#         --game="SuperMarioBros-1-1-v1" --processes=16 --reward_scale=10
#
# Its results lie in the volume: `docker run --rm -v asyncrl-runs:/srv/asyncrl/runs asyncrl eval
# --model=runs/...`. Its steps are those of `make deb` and `make test-deb`, which can be tested without
# Docker; `make test-docker` tests them in a bare Debian.
FROM debian:bookworm AS build
COPY . /source
WORKDIR /source
RUN tools/install-deps --deb
RUN packaging/make-deb

FROM debian:bookworm-slim
COPY --from=build /source/dist /tmp/dist
RUN apt-get update \
    && apt-get install --yes --no-install-recommends /tmp/dist/*.deb \
        libmicrohttpd12 libavformat59 libswscale6 \
    && rm -r /tmp/dist /var/lib/apt/lists/*
COPY --from=build /source/deps/data /usr/local/share/asyncrl
RUN useradd --create-home asyncrl && install --directory --owner=asyncrl /srv/asyncrl/runs
USER asyncrl
WORKDIR /srv/asyncrl
VOLUME /srv/asyncrl/runs
ENTRYPOINT ["asyncrl"]
CMD ["--help"]

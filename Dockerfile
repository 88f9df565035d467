# The server in an image. Both stages call ./dev, so the lists of packages are kept in one place.
FROM debian:12-slim AS build
WORKDIR /src
COPY dev ./
RUN ./dev install run
COPY . .
RUN ./dev build release

FROM debian:12-slim
COPY dev /tmp/
RUN /tmp/dev install runtime && rm -rf /tmp/dev /tmp/build /var/lib/apt/lists/* \
    && useradd --system --no-create-home tiermark \
    && install -d -m 700 -o tiermark -g tiermark /var/lib/tiermark
COPY --from=build /src/build/release/service/tiermarkd /usr/local/bin/
USER tiermark
VOLUME /var/lib/tiermark
# A container is reached from outside its own loopback. The server refuses that until it has a
# certificate and a key (TIERMARK_TLS_CERTIFICATE, TIERMARK_TLS_KEY, and `tiermarkd key create`), or
# until whoever starts it sets TIERMARK_ALLOW_INSECURE_REMOTE=true, having made sure who can reach the
# ports.
ENV TIERMARK_STORE=sqlite:/var/lib/tiermark/tiermark.db TIERMARK_GRPC_LISTEN=0.0.0.0:50051 \
    TIERMARK_HTTP_LISTEN=0.0.0.0:8080
EXPOSE 50051 8080
ENTRYPOINT ["tiermarkd"]

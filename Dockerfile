# The programs of the shop are built together, and each becomes an image of its own:
#   docker build --target ordering -t shop/ordering .
# An image holds no shell. It runs as any user, with a read-only root file system and a writable /tmp.

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS restore
WORKDIR /src
# Which SDK builds is for the image's tag to say; what its analyzers think of the code, for the tests.
ARG PROPERTIES="-p:TreatWarningsAsErrors=false -p:RunAnalyzers=false -p:UseAppHost=false"
# Only what decides about packages, so that a change of code finds them in the cache.
COPY Directory.Build.props Directory.Packages.props Shop.sln ./
COPY tools/Run.slnf tools/
COPY gateway/Gateway.csproj gateway/packages.lock.json gateway/
COPY services/inventory/Inventory.csproj services/inventory/packages.lock.json services/inventory/
COPY services/ordering/Ordering.csproj services/ordering/packages.lock.json services/ordering/
COPY services/payment/Payment.csproj services/payment/packages.lock.json services/payment/
COPY shared/Contracts/Contracts.csproj shared/Contracts/packages.lock.json shared/Contracts/
COPY shared/Hosting/Hosting.csproj shared/Hosting/packages.lock.json shared/Hosting/
COPY shared/Messaging/Messaging.csproj shared/Messaging/packages.lock.json shared/Messaging/
COPY simulators/payment-provider/PaymentProvider.csproj simulators/payment-provider/packages.lock.json simulators/payment-provider/
COPY tools/bench/Bench.csproj tools/bench/packages.lock.json tools/bench/
COPY tools/chaos/Chaos.csproj tools/chaos/packages.lock.json tools/chaos/
COPY tools/cli/Cli.csproj tools/cli/packages.lock.json tools/cli/
COPY tools/launcher/Launcher.csproj tools/launcher/packages.lock.json tools/launcher/
COPY tools/monolith/Monolith.csproj tools/monolith/packages.lock.json tools/monolith/
COPY tools/simulation/Simulation.csproj tools/simulation/packages.lock.json tools/simulation/
COPY tools/traces/Traces.csproj tools/traces/packages.lock.json tools/traces/
RUN dotnet restore tools/Run.slnf --locked-mode $PROPERTIES

FROM restore AS build
COPY shared shared
COPY gateway gateway
COPY services services
COPY simulators/payment-provider simulators/payment-provider
RUN for project in gateway services/inventory services/ordering services/payment simulators/payment-provider; do \
      dotnet publish "$project" --configuration Release --no-restore --nologo -v quiet $PROPERTIES --output "/publish/$(basename "$project")" || exit 1; \
    done
# Where the payment provider keeps its ledger. Whatever user it runs as may write there.
RUN install -d -m 1777 /folders/data

FROM restore AS build-cli
COPY deploy deploy
COPY tools/bench tools/bench
COPY tools/chaos tools/chaos
COPY tools/cli tools/cli
COPY tools/launcher tools/launcher
COPY tools/simulation tools/simulation
# Compiled into the command, too.
COPY tools/traces/Shape tools/traces/Shape
RUN dotnet publish tools/cli --configuration Release --no-restore --nologo -v quiet $PROPERTIES --output /publish/cli

FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled AS program
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.vendor="Shop" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version=$VERSION \
      org.opencontainers.image.revision=$REVISION
WORKDIR /app
# Settings whose values are files: one for each, named like it.
ENV ASPNETCORE_HTTP_PORTS=8080 \
    SHOP_SECRETS=/run/secrets
EXPOSE 8080
USER $APP_UID

FROM program AS gateway
LABEL org.opencontainers.image.title="Shop: gateway"
COPY --from=build /publish/gateway ./
ENTRYPOINT ["dotnet", "Shop.Gateway.dll"]
HEALTHCHECK --interval=60s --timeout=20s --start-period=180s --start-interval=3s CMD ["dotnet", "Shop.Gateway.dll", "health"]

FROM program AS ordering
LABEL org.opencontainers.image.title="Shop: ordering"
COPY --from=build /publish/ordering ./
ENTRYPOINT ["dotnet", "Shop.Ordering.dll"]
HEALTHCHECK --interval=60s --timeout=20s --start-period=180s --start-interval=3s CMD ["dotnet", "Shop.Ordering.dll", "health"]

FROM program AS inventory
LABEL org.opencontainers.image.title="Shop: inventory"
COPY --from=build /publish/inventory ./
ENTRYPOINT ["dotnet", "Shop.Inventory.dll"]
HEALTHCHECK --interval=60s --timeout=20s --start-period=180s --start-interval=3s CMD ["dotnet", "Shop.Inventory.dll", "health"]

FROM program AS payment
LABEL org.opencontainers.image.title="Shop: payment"
COPY --from=build /publish/payment ./
ENTRYPOINT ["dotnet", "Shop.Payment.dll"]
HEALTHCHECK --interval=60s --timeout=20s --start-period=180s --start-interval=3s CMD ["dotnet", "Shop.Payment.dll", "health"]

FROM program AS card-network
LABEL org.opencontainers.image.title="Shop: simulator of the payment provider"
COPY --from=build /folders/ /
COPY --from=build /publish/payment-provider ./
ENV Ledger__Path=/data/ledger.jsonl
VOLUME /data
ENTRYPOINT ["dotnet", "Shop.PaymentProvider.dll"]
HEALTHCHECK --interval=60s --timeout=20s --start-period=180s --start-interval=3s CMD ["dotnet", "Shop.PaymentProvider.dll", "health"]

# The program behind ./shop, for what can only be asked from inside: the audit reads databases that are not published.
FROM program AS cli
LABEL org.opencontainers.image.title="Shop: command line"
COPY --from=build-cli /publish/cli ./
# Its secrets are in a folder of this one.
ENV SHOP_STATE=/run
HEALTHCHECK NONE
ENTRYPOINT ["dotnet", "Shop.Cli.dll"]

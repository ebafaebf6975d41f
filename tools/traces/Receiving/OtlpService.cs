using Google.Protobuf;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using Shop.Traces.Store;

namespace Shop.Traces.Receiving;

/// <summary>The services of the OpenTelemetry protocol by gRPC.</summary>
sealed class OtlpService(TraceStore store)
{
    public Task<byte[]> Keep(byte[] request)
    {
        try
        {
            store.Add(OtlpTraces.Read(request));
            return Task.FromResult<byte[]>([]);
        }
        catch (InvalidOtlpException error) when (error.IsTooMuch)
        {
            throw new RpcException(new(StatusCode.ResourceExhausted, error.Message));
        }
        catch (Exception error) when (error is InvalidProtocolBufferException or InvalidOtlpException)
        {
            throw new RpcException(new(StatusCode.InvalidArgument, error.Message));
        }
    }

    // Bodies are bytes for gRPC, and read by OtlpTraces, so that gRPC and HTTP mean the same.
    public sealed class Methods : IServiceMethodProvider<OtlpService>
    {
        const string Collector = "opentelemetry.proto.collector";
        static readonly Marshaller<byte[]> _bytes = Marshallers.Create(body => body, body => body);

        public void OnServiceMethodDiscovery(ServiceMethodProviderContext<OtlpService> context)
        {
            Add(context, "trace.v1.TraceService", (service, request, _) => service.Keep(request));
            Add(context, "metrics.v1.MetricsService", (_, _, _) => Task.FromResult<byte[]>([]));
            Add(context, "logs.v1.LogsService", (_, _, _) => Task.FromResult<byte[]>([]));
        }

        static void Add(
            ServiceMethodProviderContext<OtlpService> context, string service, UnaryServerMethod<OtlpService, byte[], byte[]> export) =>
            context.AddUnaryMethod(new(MethodType.Unary, $"{Collector}.{service}", "Export", _bytes, _bytes), [], export);
    }
}

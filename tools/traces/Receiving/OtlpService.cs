using System.Buffers;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using Shop.Traces.Store;

namespace Shop.Traces.Receiving;

/// <summary>The services of the OpenTelemetry protocol by gRPC.</summary>
sealed class OtlpService(TraceStore store)
{
    static readonly byte[] _accepted = [];

    /// <summary>Bodies are read by <see cref="OtlpTraces"/>, so that gRPC and HTTP mean the same.</summary>
    public sealed class Methods : IServiceMethodProvider<OtlpService>
    {
        const string Collector = "opentelemetry.proto.collector";
        const int UsualBytesMax = 1 << 20;

        // The buffers are reused. New ones would be large objects, which a full collection alone frees.
        static readonly ArrayPool<byte> _bodies = ArrayPool<byte>.Create(UsualBytesMax, OtlpLimits.RequestsMax);

        public void OnServiceMethodDiscovery(ServiceMethodProviderContext<OtlpService> context)
        {
            Add(context, "trace.v1.TraceService", Read, (service, spans) => service.Keep(spans));
            Add(context, "metrics.v1.MetricsService", _ => _accepted, (_, _) => { });
            Add(context, "logs.v1.LogsService", _ => _accepted, (_, _) => { });
        }

        static void Add<T>(
            ServiceMethodProviderContext<OtlpService> context,
            string name,
            Func<DeserializationContext, T> read,
            Action<OtlpService, T> keep)
            where T : class
        {
            var requests = Marshallers.Create((_, _) => throw new NotSupportedException("This is a server."), read);
            var answers = Marshallers.Create(static answer => answer, static body => body);
            var method = new Method<T, byte[]>(MethodType.Unary, $"{Collector}.{name}", "Export", requests, answers);
            context.AddUnaryMethod(method, [], (service, request, _) =>
            {
                keep(service, request);
                return Task.FromResult(_accepted);
            });
        }

        static IReadOnlyList<Span> Read(DeserializationContext request)
        {
            var body = _bodies.Rent(request.PayloadLength);
            try
            {
                request.PayloadAsReadOnlySequence().CopyTo(body);
                return OtlpTraces.Read(body.AsSpan(0, request.PayloadLength));
            }
            catch (InvalidOtlpException error)
            {
                throw new RpcException(new(error.IsTooMuch ? StatusCode.ResourceExhausted : StatusCode.InvalidArgument, error.Message));
            }
            finally
            {
                _bodies.Return(body);
            }
        }
    }

    void Keep(IReadOnlyList<Span> spans) => store.Add(spans);
}

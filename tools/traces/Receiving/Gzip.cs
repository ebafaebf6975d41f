using System.IO.Compression;
using Grpc.Core;
using Grpc.Net.Compression;

namespace Shop.Traces.Receiving;

/// <summary>gRPC's own would call a body that is no gzip an error of ours.</summary>
sealed class Gzip : ICompressionProvider
{
    public string EncodingName => "gzip";

    public Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel) =>
        new GZipStream(stream, compressionLevel ?? CompressionLevel.Fastest, leaveOpen: true);

    // One byte more than is allowed: that is where gRPC stops.
    public Stream CreateDecompressionStream(Stream stream)
    {
        var unpacked = new MemoryStream();
        try
        {
            using var packed = new GZipStream(stream, CompressionMode.Decompress, leaveOpen: true);
            var part = new byte[81_920];
            while (unpacked.Length <= OtlpLimits.BodyBytesMax && packed.Read(part) is > 0 and var length)
            {
                unpacked.Write(part, 0, length);
            }
        }
        catch (InvalidDataException error)
        {
            throw new RpcException(new(StatusCode.InvalidArgument, error.Message));
        }

        unpacked.Position = 0;
        return unpacked;
    }
}

using System.IO.Compression;
using Grpc.Core;
using Grpc.Net.Compression;

namespace Shop.Traces.Receiving;

/// <summary>Unpacks gzip. gRPC's own provider would report a body that is no gzip as an error of the server.</summary>
sealed class Gzip : ICompressionProvider
{
    public string EncodingName => "gzip";

    public Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel) =>
        new GZipStream(stream, compressionLevel ?? CompressionLevel.Fastest, leaveOpen: true);

    // The stream ends one byte after the limit, where gRPC stops reading.
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

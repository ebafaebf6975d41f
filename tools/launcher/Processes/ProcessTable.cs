using System.Text.Json;

namespace Shop.Launcher.Processes;

/// <summary>The background processes of one system, kept in a file so that any later command finds them.</summary>
public sealed class ProcessTable(string file)
{
    static readonly JsonSerializerOptions _format = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    readonly Lock _lock = new();

    /// <summary>In the order they were first started.</summary>
    public IReadOnlyList<ProcessRecord> All
    {
        get
        {
            lock (_lock)
            {
                return Read();
            }
        }
    }

    public ProcessRecord? Find(string name) => All.FirstOrDefault(record => record.Name == name);

    public bool IsAlive(string name) => Find(name) is { IsAlive: true };

    public void Put(ProcessRecord record) => Change(records =>
    {
        var index = records.FindIndex(other => other.Name == record.Name);
        if (index < 0)
        {
            records.Add(record);
        }
        else
        {
            records[index] = record;
        }
    });

    public void Remove(string name) => Change(records => records.RemoveAll(record => record.Name == name));

    void Change(Action<List<ProcessRecord>> change)
    {
        lock (_lock)
        {
            var records = Read();
            change(records);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            // Moved into place: a reader sees the old table or the new one, never half of it.
            var draft = $"{file}.{Environment.ProcessId}";
            File.WriteAllText(draft, JsonSerializer.Serialize(records, _format));
            File.Move(draft, file, overwrite: true);
        }
    }

    List<ProcessRecord> Read()
    {
        if (!File.Exists(file))
        {
            return [];
        }

        try
        {
            return JsonSerializer.Deserialize<List<ProcessRecord>>(File.ReadAllText(file), _format) ?? [];
        }
        catch (JsonException error)
        {
            throw new UserError($"{file} is damaged ({error.Message}). Stop the processes by hand, then delete it.");
        }
    }
}

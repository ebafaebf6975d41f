namespace Shop.Messaging;

/// <summary>Implemented by a consumer that asks for rows: it says before which ones a message is about.</summary>
public interface INeedRows<TMessage> where TMessage : class
{
    static abstract void Need(TMessage message, NeededRows rows);
}

using Microsoft.Extensions.Options;
using Shop.Hosting;
using Shop.Payment.Provider;
using Shop.Payment.Reconciliation;

namespace Shop.Payment.Payments;

/// <summary>The background work: attempts at the payment provider, and the comparison of its ledger with the payments.</summary>
static class PaymentRegistration
{
    public static IHostApplicationBuilder AddPayments(this IHostApplicationBuilder builder)
    {
        builder.AddValidatedOptions<PaymentOptions>(PaymentOptions.Section);
        builder.AddValidatedOptions<ReconciliationOptions>(ReconciliationOptions.Section);
        builder.Services.AddOptions<PaymentOptions>().Validate<IOptions<ProviderOptions>>(
            (payments, provider) => payments.SettlingTime >= payments.LeaseTime + provider.Value.AnswerTimeLimit,
            $"{PaymentOptions.Section}:{nameof(PaymentOptions.SettlingTime)} must be at least {nameof(PaymentOptions.LeaseTime)} and "
            + $"{ProviderOptions.Section}:{nameof(ProviderOptions.AnswerTimeLimit)} together: a charge may leave at the end of its lease.");
        builder.Services.AddSingleton<PaymentLeases>();
        builder.Services.AddSingleton<PaymentWorker>();
        builder.Services.AddHostedService(services => services.GetRequiredService<PaymentWorker>());
        builder.Services.AddSingleton<SweepLease>();
        builder.Services.AddHostedService<Reconciler>();
        return builder;
    }
}

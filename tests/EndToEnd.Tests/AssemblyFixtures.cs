using Shop.EndToEnd.Tests;

[assembly: AssemblyFixture(typeof(ShopSystem))]

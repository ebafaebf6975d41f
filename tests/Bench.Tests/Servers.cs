[assembly: AssemblyFixture(typeof(Shop.Support.TestServers))]

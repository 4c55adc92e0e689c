"""What is measured: networks, optimizers, mechanisms, data. Never imports `theory`."""

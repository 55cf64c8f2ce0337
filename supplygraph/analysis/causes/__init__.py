"""Why a product stops: the input that binds, and what a reader must know beside a loss."""

class Eset:
    def handle(self, request):
        raise NotImplementedError
    def state(self):
        return {}
